// How the API says no.

const OURS = "urn:gradeline:problem:";

/**
 * A refusal. `type` is the error's name where the API itself has answered (RFC 9457), "" where a gateway or a proxy
 * has; their `body` may be anything.
 */
export class Problem extends Error {
  constructor(status, body) {
    const text = (name) => (typeof body?.[name] === "string" ? body[name] : "");
    super(text("detail") || text("title") || `The request was refused (${status}).`);
    this.status = status;
    this.type = text("type").startsWith(OURS) ? text("type").slice(OURS.length) : "";
  }
}

/** Nobody answered. */
export class Unreachable extends Error {
  constructor() {
    super("Gradeline cannot be reached just now.");
  }
}
