// The signed-in user. The local cloud provides a fixed teacher's token; elsewhere the user signs in with an OpenID
// Connect issuer by authorization code with PKCE (RFC 7636), found by its discovery document.

const STORED = "gradeline.session";
const PENDING = "gradeline.signing-in";

/** Configured by config.json: {apiUrl, local, token} or {apiUrl, issuer, clientId}. */
export class Session {
  #config = {};
  #token = null;
  #refresh = null;
  #onLeave;

  /** `onLeave` is called before the browser is redirected to the issuer, from where it comes back. */
  constructor({ onLeave = () => {} } = {}) {
    this.#onLeave = onLeave;
  }

  /** Resolves to true if there is a token, false if the browser is being redirected to the issuer. */
  async open() {
    this.#config = await config();
    if (this.#config.token) {
      this.#token = this.#config.token;
      return true;
    }
    if (!this.#config.issuer) throw new Error("config.json has neither a token nor an issuer to sign in with.");
    const back = new URLSearchParams(location.search);
    if (back.has("error") && back.get("state") === pending()?.state) refuse(back);
    if (back.has("code") && back.get("state") === pending()?.state) await this.#finishSignIn(back.get("code"));
    else this.#restore();
    if (this.#token) return true;
    await this.#redirectToIssuer();
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

  /** The token's claims, for display only: the API verifies them. */
  get claims() {
    try {
      const part = this.#token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
      return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (char) => char.charCodeAt(0))));
    } catch {
      return {};
    }
  }

  /** Replaces a token that the API no longer accepts; resolves to false if there is no other. */
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
    sessionStorage.removeItem(STORED);
    await this.#redirectToIssuer();
    return false;
  }

  /** Signs out here and, if it has a logout endpoint, at the issuer; the browser leaves the page. */
  async signOut() {
    [this.#token, this.#refresh] = [null, null];
    sessionStorage.removeItem(STORED);
    const back = location.origin + location.pathname;
    const { end_session_endpoint: endpoint } = await this.#discover().catch(() => ({}));
    // post_logout_redirect_uri is OpenID Connect's name, logout_uri is Cognito's.
    const query = { client_id: this.#config.clientId, post_logout_redirect_uri: back, logout_uri: back };
    location.assign(endpoint ? `${endpoint}?${new URLSearchParams(query)}` : back);
  }

  #restore() {
    const stored = parseJson(sessionStorage.getItem(STORED));
    if (stored && stored.until > Date.now()) [this.#token, this.#refresh] = [stored.token, stored.refresh];
  }

  async #redirectToIssuer() {
    const { authorization_endpoint: endpoint } = await this.#discover();
    const [verifier, state] = [random(), random()];
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    sessionStorage.setItem(PENDING, JSON.stringify({ verifier, state, hash: location.hash }));
    this.#onLeave();
    location.assign(
      `${endpoint}?${new URLSearchParams({
        response_type: "code",
        client_id: this.#config.clientId,
        redirect_uri: location.origin + location.pathname,
        scope: this.#config.scope ?? "openid email profile",
        state,
        code_challenge: base64Url(new Uint8Array(digest)),
        code_challenge_method: "S256",
      })}`,
    );
  }

  async #finishSignIn(code) {
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
    const { token_endpoint: endpoint } = await this.#discover();
    const response = await fetch(endpoint, {
      method: "POST",
      body: new URLSearchParams({ ...form, client_id: this.#config.clientId }),
    });
    if (!response.ok) throw new Error(`Signing in failed (${response.status}). Reload the page to try again.`);
    const tokens = await response.json();
    this.#token = tokens.id_token;
    this.#refresh = tokens.refresh_token ?? this.#refresh;
    const until = Date.now() + 1000 * (tokens.expires_in ?? 3600);
    sessionStorage.setItem(STORED, JSON.stringify({ token: this.#token, refresh: this.#refresh, until }));
    return true;
  }

  async #discover() {
    const response = await fetch(`${this.#config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    if (!response.ok) throw new Error(`The sign-in settings of ${this.#config.issuer} could not be read (${response.status}).`);
    return response.json();
  }
}

async function config() {
  const response = await fetch("config.json", { cache: "no-store" });
  if (!response.ok) throw new Error(`config.json could not be read (${response.status}).`);
  return response.json();
}

/** The issuer refused (RFC 6749, 4.1.2.1). Asking again at once would loop forever; a reload tries again. */
function refuse(response) {
  sessionStorage.removeItem(PENDING);
  history.replaceState(null, "", location.pathname);
  const reason = response.get("error_description") || response.get("error");
  throw new Error(`Signing in was refused (${reason}). Reload the page to try again.`);
}

const pending = () => parseJson(sessionStorage.getItem(PENDING));
const random = () => base64Url(crypto.getRandomValues(new Uint8Array(32)));
const base64Url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function parseJson(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
