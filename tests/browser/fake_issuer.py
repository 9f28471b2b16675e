"""A fake OpenID Connect issuer, served by Playwright routes."""

import base64
import hashlib
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import BrowserContext, Route

from local.cloud.local_cloud import LocalCloud


@dataclass
class Issuer:
    """A fake issuer on the page's own origin, with the endpoints that the page uses; issues the local cloud's token."""

    cloud: LocalCloud
    address: str
    asked: list[dict[str, str]] = field(default_factory=list)
    challenge: str = ""
    fails: bool = False
    refuses_refresh: bool = False
    forges_state: bool = False
    refuses: bool = False
    logged_out: list[dict[str, str]] = field(default_factory=list)

    def serve(self, context: BrowserContext) -> None:
        page = {"apiUrl": "", "issuer": self.address, "clientId": "the-page"}
        context.route("**/config.json", lambda route: route.fulfill(json=page))
        context.route(f"{self.address}/.well-known/openid-configuration", self._discovery)
        context.route(f"{self.address}/authorize?**", self._authorize)
        context.route(f"{self.address}/token", self._token)
        context.route(f"{self.address}/logout?**", self._logout)

    def _discovery(self, route: Route) -> None:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "end_session_endpoint": "logout"}
        route.fulfill(json={name: f"{self.address}/{path}" for name, path in names.items()})

    def _authorize(self, route: Route) -> None:
        asked = _query(route)
        self.asked.append(asked)
        self.challenge = asked["code_challenge"]
        state = "forged" if self.forges_state and len(self.asked) == 1 else asked["state"]
        result = {"error": "access_denied", "error_description": "Not <b>you</b>"} if self.refuses else {"code": "c-1"}
        back = f"{asked['redirect_uri']}?{urlencode({**result, 'state': state})}"
        route.fulfill(status=302, headers={"Location": back})

    def _token(self, route: Route) -> None:
        form = {name: values[0] for name, values in parse_qs(route.request.post_data or "").items()}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_verified = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge
        renewing = form["grant_type"] == "refresh_token" and form["refresh_token"] == "r-1" and not self.refuses_refresh
        if self.fails or not (renewing or (form.get("code") == "c-1" and is_verified)):
            route.fulfill(status=400, json={"error": "invalid_grant"})
            return
        self.asked.append(form)
        route.fulfill(json={"id_token": self.cloud.token(), "refresh_token": "r-1", "expires_in": 3600})

    def _logout(self, route: Route) -> None:
        self.logged_out.append(_query(route))
        route.fulfill(body="<title>bye</title>", content_type="text/html")


def _query(route: Route) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
