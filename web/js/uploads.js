// Upload queue: several uploads in parallel, with progress, retried automatically after a lost connection.
// Sending a file twice is harmless: the same file for the same student is one submission.

import { Problem, Unreachable } from "./errors.js";

const MAX_UPLOADS = 3;
// The limit of an API request body; a larger file is uploaded with a presigned form.
const MAX_BODY_BYTES = 4_000_000;
const MAX_PAUSE_SECONDS = 30;
const TYPES = {
  pdf: "application/pdf",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  tif: "image/tiff",
  tiff: "image/tiff",
};
export const READABLE = ".pdf,.jpg,.jpeg,.png,.tif,.tiff";

const extension = (name) => name.split(".").pop().toLowerCase();
export const isScheme = (name) => ["yaml", "yml", "json"].includes(extension(name));
export const isRoster = (name) => extension(name) === "csv";
export const isReadable = (name) => extension(name) in TYPES;

/** A student's label from a file name, in Unicode form NFC as the API requires, without the extension. */
export const studentOf = (name) =>
  name
    .replace(/\.[^.]+$/, "")
    .normalize("NFC")
    .trim();

/**
 * Each upload is {id, assessment, role, name, student, size, sent, state, problem, submission};
 * state: waiting, sending, paused (no connection; it resumes automatically), done, refused.
 */
export class Uploads {
  #api;
  #changed;
  #list = [];
  #active = 0;
  #number = 0;

  constructor(api, changed) {
    this.#api = api;
    this.#changed = changed;
  }

  of = (assessment) => this.#list.filter((upload) => upload.assessment === assessment);

  get busy() {
    return this.#list.some((upload) => ["waiting", "sending", "paused"].includes(upload.state));
  }

  add(assessment, role, file, student = null) {
    const upload = {
      id: `upload-${++this.#number}`,
      assessment,
      role,
      file,
      name: file.name,
      student,
      size: file.size,
      sent: 0,
      state: "waiting",
    };
    this.#list.push(upload);
    this.#next();
    return upload;
  }

  dismiss(upload) {
    this.#list = this.#list.filter((other) => other !== upload);
    this.#changed();
  }

  again(upload) {
    Object.assign(upload, { state: "waiting", problem: null, sent: 0 });
    this.#next();
  }

  #next() {
    while (this.#active < MAX_UPLOADS) {
      const upload = this.#list.find((other) => other.state === "waiting");
      if (!upload) break;
      this.#active++;
      this.#set(upload, { state: "sending" });
      this.#send(upload).finally(() => {
        this.#active--;
        this.#next();
      });
    }
    this.#changed();
  }

  /** Sends until the upload succeeds or is refused; waits while the connection is lost. */
  async #send(upload) {
    for (let attempt = 0; ; attempt++) {
      try {
        upload.submission = await this.#sendOnce(upload);
        upload.file = null;
        return this.#set(upload, { state: "done", sent: upload.size });
      } catch (error) {
        if (!(error instanceof Unreachable)) return this.#set(upload, { state: "refused", problem: error.message });
        this.#set(upload, { state: "paused", sent: 0 });
        await this.#pause(Math.min(MAX_PAUSE_SECONDS, 2 ** attempt));
        this.#set(upload, { state: "sending" });
      }
    }
  }

  async #sendOnce(upload) {
    if (upload.role === "scheme") {
      const type = extension(upload.name) === "json" ? "application/json" : "application/yaml";
      await this.#api.putScheme(upload.assessment, await bytesOf(upload.file), type);
      return null;
    }
    if (upload.role === "roster") {
      await this.#api.putRoster(upload.assessment, await bytesOf(upload.file));
      return null;
    }
    const metadata = { assessment: upload.assessment, kind: upload.role, student: upload.student };
    const type = TYPES[extension(upload.name)] ?? "application/octet-stream";
    if (upload.size <= MAX_BODY_BYTES) return (await this.#body(upload, metadata, type)).id;
    return this.#presigned(upload, metadata, type);
  }

  async #body(upload, metadata, type) {
    for (let attempt = 1; ; attempt++) {
      const headers = { "Content-Type": type, Authorization: this.#api.authorization };
      const response = await post(this.#api.submitUrl(metadata), headers, upload.file, (sent) =>
        this.#set(upload, { sent }),
      );
      if (response.status === 401 && attempt === 1 && (await this.#api.renew())) continue;
      if (response.status >= 200 && response.status < 300) return JSON.parse(response.text);
      throw refusal(response);
    }
  }

  async #presigned(upload, metadata, type) {
    const digest = await crypto.subtle.digest("SHA-256", await bytesOf(upload.file));
    const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const ticket = await this.#api.requestUpload({
      ...metadata,
      size: upload.size,
      sha256,
      media_type: type,
      name: upload.name,
    });
    const form = new FormData();
    for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value);
    form.append("file", upload.file);
    const response = await post(ticket.url, {}, form, (sent) => this.#set(upload, { sent: Math.min(sent, upload.size) }));
    if (response.status < 200 || response.status >= 300) throw refusal(response);
    return (await this.#api.completeUpload(ticket.id)).id;
  }

  #set(upload, change) {
    Object.assign(upload, change);
    this.#changed();
  }

  #pause(seconds) {
    return new Promise((done) => {
      const timer = setTimeout(done, 1000 * seconds);
      addEventListener("online", () => (clearTimeout(timer), done()), { once: true });
    });
  }
}

/** XMLHttpRequest reports upload progress; fetch does not. */
function post(url, headers, body, progress) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => progress(event.loaded));
    request.addEventListener("load", () => done({ status: request.status, text: request.responseText }));
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => failed(new Unreachable()));
    request.send(body);
  });
}

function refusal({ status, text }) {
  if ([0, 429, 500, 502, 503, 504].includes(status)) return new Unreachable();
  try {
    return new Problem(status, JSON.parse(text));
  } catch {
    return new Problem(status, { title: `The upload was refused (${status}).` });
  }
}

/** The bytes of a file. A file that was moved or changed since it was chosen cannot be read. */
async function bytesOf(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    throw new Problem(0, { title: "The file can no longer be read. Choose it again." });
  }
}
