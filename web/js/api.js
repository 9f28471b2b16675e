// The HTTP API, as the page uses it. Every address of ours stands here.

import { Problem, Unreachable } from "./refusals.js";

const TRIES = 4;
const PASSES = new Set([429, 502, 503, 504]);

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

  /** What was read of a submission, part after part. */
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

  /** A page as a blob of a JPEG, upright where `turn` is what the transcript says. */
  async picture(id, page, turn) {
    const answer = await this.#ask("GET", `/submissions/${id}/pages/${page}?longest=1600&turn=${turn}`);
    return answer.blob();
  }

  async file(path) {
    const answer = await this.#ask("GET", path);
    return answer.blob();
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

  /** Changes what stands for one question: {marks} or {answer}. `etag` is the version that was looked at. */
  changeMark = (id, question, change, etag) =>
    this.#json("PATCH", `/submissions/${id}/marks/${encodeURIComponent(question)}`, {
      body: JSON.stringify(change),
      headers: { "Content-Type": "application/json", ...(etag && { "If-Match": etag }) },
    });

  /** Another question tree; `etag` is the revision of the assessment that was looked at. */
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

  erase = (id) => this.#ask("DELETE", `/submissions/${id}`);

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
    const answer = await this.#ask(method, path, options);
    const body = answer.status === 204 ? {} : await answer.json();
    const etag = answer.headers.get("ETag");
    if (etag && body && typeof body === "object" && !Array.isArray(body))
      Object.defineProperty(body, "etag", { value: etag });
    return body;
  }

  /** One request, again where nobody answered or a service was busy: every address of ours may be asked twice. */
  async #ask(method, path, options = {}) {
    let renewed = false;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#once(method, path, options);
      if (answer?.ok) return answer;
      if (answer?.status === 401 && !renewed && (await this.renew())) {
        renewed = true;
        continue;
      }
      if ((!answer || PASSES.has(answer.status)) && attempt < TRIES) {
        await pause(answer, attempt);
        continue;
      }
      if (!answer) throw new Unreachable();
      throw new Problem(answer.status, await answer.json().catch(() => ({})));
    }
  }

  #once(method, path, { body, headers } = {}) {
    const request = { method, body, headers: { ...headers, Authorization: this.authorization } };
    return fetch(this.#session.apiUrl + path, request).catch(() => null);
  }
}

const pause = (answer, attempt) => {
  const asked = Number(answer?.headers.get("Retry-After"));
  return new Promise((done) => setTimeout(done, asked > 0 ? 1000 * Math.min(asked, 10) : 300 * 2 ** attempt));
};
