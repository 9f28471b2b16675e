// Files on their way: several at once, with true progress, sent again by themselves after a lost connection.
// Sending twice is harmless: the same file for the same student is one submission.

import { Problem, Unreachable } from "./refusals.js";

const AT_ONCE = 3;
// What an API body may hold; a larger file goes by a presigned form.
const BODY_BYTES = 4_000_000;
const LONGEST_PAUSE = 30;
const TYPES = {
  pdf: "application/pdf",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  tif: "image/tiff",
  tiff: "image/tiff",
};
export const READABLE = ".pdf,.jpg,.jpeg,.png,.tif,.tiff";

const ending = (name) => name.split(".").pop().toLowerCase();
export const isScheme = (name) => ["yaml", "yml", "json"].includes(ending(name));
export const isRoster = (name) => ending(name) === "csv";
export const isReadable = (name) => ending(name) in TYPES;

/** A student's label from a file's name, as the API takes it: accents in one form, no path. */
export const studentOf = (name) =>
  name
    .replace(/\.[^.]+$/, "")
    .normalize("NFC")
    .trim();

/**
 * The queue. Each upload is {id, assessment, role, name, student, size, sent, state, problem, submission};
 * state: waiting, sending, paused (nobody answers; it goes on by itself), done, refused.
 */
export class Uploads {
  #api;
  #changed;
  #list = [];
  #under = 0;
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
    while (this.#under < AT_ONCE) {
      const upload = this.#list.find((other) => other.state === "waiting");
      if (!upload) break;
      this.#under++;
      this.#set(upload, { state: "sending" });
      this.#send(upload).finally(() => {
        this.#under--;
        this.#next();
      });
    }
    this.#changed();
  }

  /** Until it is there or refused in words; a connection that is lost is waited for. */
  async #send(upload) {
    for (let attempt = 0; ; attempt++) {
      try {
        upload.submission = await this.#once(upload);
        upload.file = null;
        return this.#set(upload, { state: "done", sent: upload.size });
      } catch (error) {
        if (!(error instanceof Unreachable)) return this.#set(upload, { state: "refused", problem: error.message });
        this.#set(upload, { state: "paused", sent: 0 });
        await this.#pause(Math.min(LONGEST_PAUSE, 2 ** attempt));
        this.#set(upload, { state: "sending" });
      }
    }
  }

  async #once(upload) {
    if (upload.role === "scheme") {
      const type = ending(upload.name) === "json" ? "application/json" : "application/yaml";
      await this.#api.putScheme(upload.assessment, await bytesOf(upload.file), type);
      return null;
    }
    if (upload.role === "roster") {
      await this.#api.putRoster(upload.assessment, await bytesOf(upload.file));
      return null;
    }
    const claims = { assessment: upload.assessment, kind: upload.role, student: upload.student };
    const type = TYPES[ending(upload.name)] ?? "application/octet-stream";
    if (upload.size <= BODY_BYTES) return (await this.#body(upload, claims, type)).id;
    return this.#presigned(upload, claims, type);
  }

  async #body(upload, claims, type) {
    for (let attempt = 1; ; attempt++) {
      const headers = { "Content-Type": type, Authorization: this.#api.authorization };
      const answer = await post(this.#api.submitUrl(claims), headers, upload.file, (sent) =>
        this.#set(upload, { sent }),
      );
      if (answer.status === 401 && attempt === 1 && (await this.#api.renew())) continue;
      if (answer.status >= 200 && answer.status < 300) return JSON.parse(answer.text);
      throw refusal(answer);
    }
  }

  async #presigned(upload, claims, type) {
    const digest = await crypto.subtle.digest("SHA-256", await bytesOf(upload.file));
    const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const ticket = await this.#api.requestUpload({
      ...claims,
      size: upload.size,
      sha256,
      media_type: type,
      name: upload.name,
    });
    const form = new FormData();
    for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value);
    form.append("file", upload.file);
    const answer = await post(ticket.url, {}, form, (sent) => this.#set(upload, { sent: Math.min(sent, upload.size) }));
    if (answer.status < 200 || answer.status >= 300) throw refusal(answer);
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

/** XMLHttpRequest tells how much has been sent; fetch does not. */
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

/** A file that was moved or changed since it was chosen cannot be read any more. */
async function bytesOf(file) {
  try {
    return await file.arrayBuffer();
  } catch {
    throw new Problem(0, { title: "The file cannot be read any more. Choose it again." });
  }
}
