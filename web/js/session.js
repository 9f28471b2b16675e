// Who is signed in. Locally the cloud hands out a fixed teacher's token; elsewhere any OpenID Connect issuer
// signs in by authorization code with PKCE (RFC 7636), found by its discovery document.

const KEPT = "gradeline.session";
const PENDING = "gradeline.signing-in";

/** What the page is told about where it runs: {apiUrl, local, token} or {apiUrl, issuer, clientId}. */
export class Session {
  #config = {};
  #token = null;
  #refresh = null;
  #leaving;

  /** `leaving` is called before the browser goes to the issuer, from where it comes back. */
  constructor({ leaving = () => {} } = {}) {
    this.#leaving = leaving;
  }

  /** True where there is a token at the end, false where the browser is on its way to the issuer. */
  async open() {
    this.#config = await config();
    if (this.#config.token) {
      this.#token = this.#config.token;
      return true;
    }
    if (!this.#config.issuer) throw new Error("config.json names neither a token nor an issuer that signs people in.");
    const back = new URLSearchParams(location.search);
    if (back.has("error") && back.get("state") === pending()?.state) refuse(back);
    if (back.has("code") && back.get("state") === pending()?.state) await this.#finish(back.get("code"));
    else this.#restore();
    if (this.#token) return true;
    await this.#leave();
    return false;
  }

  get apiUrl() {
    return this.#config.apiUrl ?? "";
  }

  get local() {
    return Boolean(this.#config.local);
  }

  get token() {
    return this.#token;
  }

  /** The token's own words about its bearer; it is the API that checks them. */
  get claims() {
    try {
      const part = this.#token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
      return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (char) => char.charCodeAt(0))));
    } catch {
      return {};
    }
  }

  /** Another token in place of one that the API does not take any more; false where there is none to be had. */
  async renew() {
    if (this.local) {
      const fresh = (await config()).token;
      const changed = fresh !== this.#token;
      this.#token = fresh;
      return changed;
    }
    if (this.#refresh) {
      const renewed = await this.#exchange({ grant_type: "refresh_token", refresh_token: this.#refresh }).catch(
        () => null,
      );
      if (renewed) return true;
    }
    sessionStorage.removeItem(KEPT);
    await this.#leave();
    return false;
  }

  /** Forgets who was signed in, here and, where it can be asked to, at the issuer; the browser leaves the page. */
  async signOut() {
    [this.#token, this.#refresh] = [null, null];
    sessionStorage.removeItem(KEPT);
    const back = location.origin + location.pathname;
    const { end_session_endpoint: endpoint } = await this.#discovered().catch(() => ({}));
    // The names are OpenID Connect's, and Cognito's own for the same.
    const asked = { client_id: this.#config.clientId, post_logout_redirect_uri: back, logout_uri: back };
    location.assign(endpoint ? `${endpoint}?${new URLSearchParams(asked)}` : back);
  }

  #restore() {
    const kept = parsed(sessionStorage.getItem(KEPT));
    if (kept && kept.until > Date.now()) [this.#token, this.#refresh] = [kept.token, kept.refresh];
  }

  async #leave() {
    const { authorization_endpoint: endpoint } = await this.#discovered();
    const [verifier, state] = [random(), random()];
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    sessionStorage.setItem(PENDING, JSON.stringify({ verifier, state, hash: location.hash }));
    this.#leaving();
    location.assign(
      `${endpoint}?${new URLSearchParams({
        response_type: "code",
        client_id: this.#config.clientId,
        redirect_uri: location.origin + location.pathname,
        scope: this.#config.scope ?? "openid email profile",
        state,
        code_challenge: encoded(new Uint8Array(digest)),
        code_challenge_method: "S256",
      })}`,
    );
  }

  async #finish(code) {
    const { verifier, hash } = pending();
    sessionStorage.removeItem(PENDING);
    await this.#exchange({
      grant_type: "authorization_code",
      code,
      code_verifier: verifier,
      redirect_uri: location.origin + location.pathname,
    });
    history.replaceState(null, "", location.pathname + (hash || ""));
  }

  async #exchange(form) {
    const { token_endpoint: endpoint } = await this.#discovered();
    const answer = await fetch(endpoint, {
      method: "POST",
      body: new URLSearchParams({ ...form, client_id: this.#config.clientId }),
    });
    if (!answer.ok) throw new Error(`Signing in failed (${answer.status}). Reload the page to try again.`);
    const given = await answer.json();
    this.#token = given.id_token;
    this.#refresh = given.refresh_token ?? this.#refresh;
    const until = Date.now() + 1000 * (given.expires_in ?? 3600);
    sessionStorage.setItem(KEPT, JSON.stringify({ token: this.#token, refresh: this.#refresh, until }));
    return true;
  }

  async #discovered() {
    const answer = await fetch(`${this.#config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    if (!answer.ok) throw new Error(`${this.#config.issuer} did not say how to sign in (${answer.status}).`);
    return answer.json();
  }
}

async function config() {
  const answer = await fetch("config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`config.json could not be read (${answer.status}).`);
  return answer.json();
}

/** The issuer said no (RFC 6749, 4.1.2.1). Asking it again at once would be a circle; a reload asks again. */
function refuse(answer) {
  sessionStorage.removeItem(PENDING);
  history.replaceState(null, "", location.pathname);
  const why = answer.get("error_description") || answer.get("error");
  throw new Error(`Signing in was refused (${why}). Reload the page to try again.`);
}

const pending = () => parsed(sessionStorage.getItem(PENDING));
const random = () => encoded(crypto.getRandomValues(new Uint8Array(32)));
const encoded = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
