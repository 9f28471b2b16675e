// How the API says no.

/** A refusal in the API's own words (RFC 9457). `type` is the error's name, "" where a gateway answered. */
export class Problem extends Error {
  constructor(status, { type = "", title = "", detail = "" } = {}) {
    super(detail || title || `The request was refused (${status}).`);
    this.status = status;
    this.type = type.replace("urn:gradeline:problem:", "");
  }
}

/** Nobody answered. */
export class Unreachable extends Error {
  constructor() {
    super("Gradeline cannot be reached just now.");
  }
}
