"""Signing in at an OpenID Connect issuer, as in the cloud: code and PKCE, renewal, what goes wrong, signing out."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from local.cloud.local_cloud import LocalCloud


@dataclass
class Issuer:
    """As much of an issuer as a page uses, on the page's own origin. It gives out the local cloud's token."""

    cloud: LocalCloud
    address: str
    asked: list[dict[str, str]] = field(default_factory=list)
    challenge: str = ""
    fails: bool = False
    forgets: bool = False
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
        said = {"error": "access_denied", "error_description": "Not <b>you</b>"} if self.refuses else {"code": "c-1"}
        back = f"{asked['redirect_uri']}?{urlencode({**said, 'state': state})}"
        route.fulfill(status=302, headers={"Location": back})

    def _token(self, route: Route) -> None:
        form = {name: values[0] for name, values in parse_qs(route.request.post_data or "").items()}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge
        renewing = form["grant_type"] == "refresh_token" and form["refresh_token"] == "r-1" and not self.forgets
        if self.fails or not (renewing or (form.get("code") == "c-1" and proven)):
            route.fulfill(status=400, json={"error": "invalid_grant"})
            return
        self.asked.append(form)
        route.fulfill(json={"id_token": self.cloud.token(), "refresh_token": "r-1", "expires_in": 3600})

    def _logout(self, route: Route) -> None:
        self.logged_out.append(_query(route))
        route.fulfill(body="<title>bye</title>", content_type="text/html")


def _query(route: Route) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}


@pytest.fixture
def issuer(cloud: LocalCloud, context: BrowserContext) -> Issuer:
    made = Issuer(cloud, f"{cloud.api_url}/issuer")
    made.serve(context)
    return made


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def test_who_comes_is_signed_in_and_comes_back_to_where_they_went(
    cloud: LocalCloud, issuer: Issuer, page: Page
) -> None:
    page.goto(f"{cloud.api_url}/#/a/physics")
    expect(page.locator("#trail")).to_contain_text("physics")
    # Nothing of the code stays in the address, and who is signed in can sign out.
    assert urlsplit(page.url).query == ""
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    [authorized, exchanged] = issuer.asked
    assert (authorized["response_type"], authorized["code_challenge_method"]) == ("code", "S256")
    assert authorized["client_id"] == exchanged["client_id"] == "the-page"
    assert authorized["redirect_uri"] == exchanged["redirect_uri"]
    # A reload asks nobody: the session is kept in this tab.
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert len(issuer.asked) == 2


def test_an_answer_that_nobody_asked_for_is_not_taken(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
    issuer.forges_state = True
    page.goto(cloud.api_url)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    # The forged answer was left where it was: the page went to the issuer once more, with another state.
    states = [asked["state"] for asked in issuer.asked if "state" in asked]
    assert len(states) == len(set(states)) == 2


def test_a_sign_in_that_fails_is_a_sentence(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
    issuer.fails = True
    page.goto(cloud.api_url)
    expect(page.locator("#content")).to_contain_text("Signing in failed (400)")


def test_an_issuer_that_says_no_is_not_asked_in_a_circle(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
    issuer.refuses = True
    page.goto(cloud.api_url)
    expect(page.locator("#content")).to_contain_text("Signing in was refused (Not <b>you</b>)")
    assert len(issuer.asked) == 1
    assert urlsplit(page.url).query == ""
    # A reload asks once more, and comes in.
    issuer.refuses = False
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_token_that_is_over_is_renewed_without_a_word(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
    page.goto(cloud.api_url)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    refused: list[str] = []

    def once(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route.request.url)
        route.fulfill(status=401, body=json.dumps({"message": "Unauthorized"}))

    page.route("**/assessments", once)
    page.reload()
    expect(page.locator("h1")).to_be_visible()
    assert refused
    assert issuer.asked[-1]["grant_type"] == "refresh_token"


def test_signing_out_forgets_here_and_there(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
    page.goto(cloud.api_url)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{issuer.address}/logout?**")
    [asked] = issuer.logged_out
    assert asked["client_id"] == "the-page"
    assert asked["logout_uri"] == asked["post_logout_redirect_uri"] == f"{cloud.api_url}/"
    assert page.evaluate("sessionStorage.length") == 0
