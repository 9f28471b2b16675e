// Client of the HTTP API. All routes that the page uses are listed here.

import { Problem, Unreachable } from "./errors.js";

const MAX_ATTEMPTS = 4;
const RETRIABLE = new Set([429, 502, 503, 504]);

export class Api {
  #session;

  constructor(session) {
    this.#session = session;
  }

  assessments = () => this.#json("GET", "/assessments");
  assessment = (name) => this.#json("GET", `/assessments/${encodeURIComponent(name)}`);
  submission = (id) => this.#json("GET", `/submissions/${id}`);

  /** All submissions of an assessment, page by page. */
  async submissions(name) {
    const all = [];
    let next = "";
    do {
      const path = `/assessments/${encodeURIComponent(name)}/submissions?limit=100${next && `&next=${encodeURIComponent(next)}`}`;
      const page = await this.#json("GET", path);
      all.push(...page.submissions);
      next = page.next;
    } while (next);
    return all;
  }

  /** The transcript of a submission, fetched page by page. */
  async transcript(id) {
    const pages = [];
    let next = 1;
    do {
      const part = await this.#json("GET", `/submissions/${id}/transcript?next=${next}`);
      pages.push(...part.pages);
      next = part.next;
    } while (next);
    return { pages };
  }

  /** A page as a JPEG blob; it is upright if `turn` is the transcript's rotation. */
  async picture(id, page, turn) {
    const response = await this.#request("GET", `/submissions/${id}/pages/${page}?longest=1600&turn=${turn}`);
    return response.blob();
  }

  async file(path) {
    const response = await this.#request("GET", path);
    return response.blob();
  }

  putScheme = (name, body, type, etag) =>
    this.#json("PUT", `/assessments/${encodeURIComponent(name)}/marking-scheme`, {
      body,
      headers: { "Content-Type": type, ...(etag && { "If-Match": etag }) },
    });
  roster = (name) => this.#json("GET", `/assessments/${encodeURIComponent(name)}/roster`);
  putRoster = (name, body) =>
    this.#json("PUT", `/assessments/${encodeURIComponent(name)}/roster`, {
      body,
      headers: { "Content-Type": "text/csv" },
    });

  /** Changes one question: {marks} or {response}. `etag` is the version that the change is based on. */
  changeMark = (id, question, change, etag) =>
    this.#json("PATCH", `/submissions/${id}/marks/${encodeURIComponent(question)}`, {
      body: JSON.stringify(change),
      headers: { "Content-Type": "application/json", ...(etag && { "If-Match": etag }) },
    });

  /** Stores a corrected question tree; `etag` is the revision of the assessment that it is based on. */
  changePaper = (name, paper, etag) =>
    this.#json("PUT", `/assessments/${encodeURIComponent(name)}/paper`, {
      body: JSON.stringify(paper),
      headers: { "Content-Type": "application/json", ...(etag && { "If-Match": etag }) },
    });

  publish = (name, published) =>
    this.#json("PUT", `/assessments/${encodeURIComponent(name)}/publication`, {
      body: JSON.stringify({ published }),
      headers: { "Content-Type": "application/json" },
    });

  settings = () => this.#json("GET", "/settings");
  changeSettings = (chosen) =>
    this.#json("PUT", "/settings", {
      body: JSON.stringify(chosen),
      headers: { "Content-Type": "application/json" },
    });

  erase = (id) => this.#request("DELETE", `/submissions/${id}`);

  requestUpload = (claims) =>
    this.#json("POST", "/uploads", { body: JSON.stringify(claims), headers: { "Content-Type": "application/json" } });
  completeUpload = (id) => this.#json("POST", `/uploads/${id}/complete`);

  submitUrl = ({ assessment, kind, student }) =>
    `${this.#session.apiUrl}/submissions?${new URLSearchParams({ assessment, kind, ...(student && { student }) })}`;

  get authorization() {
    return `Bearer ${this.#session.token}`;
  }

  renew = () => this.#session.renew();

  async #json(method, path, options) {
    const response = await this.#request(method, path, options);
    const body = response.status === 204 ? {} : await response.json();
    const etag = response.headers.get("ETag");
    if (etag && body && typeof body === "object" && !Array.isArray(body))
      Object.defineProperty(body, "etag", { value: etag });
    return body;
  }

  /** Sends a request, and retries if there was no response or a service was busy: every route may be called twice. */
  async #request(method, path, options = {}) {
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#send(method, path, options);
      if (response?.ok) return response;
      if (response?.status === 401 && !renewed && (await this.renew())) {
        renewed = true;
        continue;
      }
      if ((!response || RETRIABLE.has(response.status)) && attempt < MAX_ATTEMPTS) {
        await pause(response, attempt);
        continue;
      }
      if (!response) throw new Unreachable();
      throw new Problem(response.status, await response.json().catch(() => ({})));
    }
  }

  #send(method, path, { body, headers } = {}) {
    const request = { method, body, headers: { ...headers, Authorization: this.authorization } };
    return fetch(this.#session.apiUrl + path, request).catch(() => null);
  }
}

const pause = (response, attempt) => {
  const retryAfter = Number(response?.headers.get("Retry-After"));
  return new Promise((done) => setTimeout(done, retryAfter > 0 ? 1000 * Math.min(retryAfter, 10) : 300 * 2 ** attempt));
};
