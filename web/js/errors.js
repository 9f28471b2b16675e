// Errors of API requests.

const TYPE_PREFIX = "urn:gradeline:problem:";

/**
 * An error response. `type` is the error's name if the API itself responded (RFC 9457), "" if a gateway or a proxy did;
 * their `body` may be anything.
 */
export class Problem extends Error {
  constructor(status, body) {
    const text = (name) => (typeof body?.[name] === "string" ? body[name] : "");
    super(text("detail") || text("title") || `The request was refused (${status}).`);
    this.status = status;
    this.type = text("type").startsWith(TYPE_PREFIX) ? text("type").slice(TYPE_PREFIX.length) : "";
  }
}

/** There was no response. */
export class Unreachable extends Error {
  constructor() {
    super("Gradeline cannot be reached at the moment.");
  }
}
