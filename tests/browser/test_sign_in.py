"""Signing in with an OpenID Connect issuer, as on AWS: code and PKCE, renewal, errors, signing out."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from local.cloud.local_cloud import LocalCloud
from tests.browser.fake_issuer import Issuer


@pytest.fixture
def issuer(cloud: LocalCloud, context: BrowserContext) -> Issuer:
    fake_issuer = Issuer(cloud, f"{cloud.api_url}/issuer")
    fake_issuer.serve(context)
    return fake_issuer


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def test_signing_in_returns_to_the_requested_view(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
    page.goto(f"{cloud.api_url}/#/a/physics")
    expect(page.locator("#trail")).to_contain_text("physics")
    # The code is removed from the URL, and the user can sign out.
    assert urlsplit(page.url).query == ""
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    [authorized, exchanged] = issuer.asked
    assert (authorized["response_type"], authorized["code_challenge_method"]) == ("code", "S256")
    assert authorized["client_id"] == exchanged["client_id"] == "the-page"
    assert authorized["redirect_uri"] == exchanged["redirect_uri"]
    # A reload needs no request to the issuer: the session is stored in this tab.
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert len(issuer.asked) == 2


def test_a_response_with_a_forged_state_is_ignored(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
    issuer.forges_state = True
    page.goto(cloud.api_url)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    # The page ignored the forged response and went to the issuer again, with another state.
    states = [asked["state"] for asked in issuer.asked if "state" in asked]
    assert len(states) == len(set(states)) == 2


def test_a_failed_sign_in_shows_an_error(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
    issuer.fails = True
    page.goto(cloud.api_url)
    expect(page.locator("#content")).to_contain_text("Signing in failed (400)")


def test_a_refused_sign_in_is_not_retried_in_a_loop(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
    issuer.refuses = True
    page.goto(cloud.api_url)
    expect(page.locator("#content")).to_contain_text("Signing in was refused (Not <b>you</b>)")
    assert len(issuer.asked) == 1
    assert urlsplit(page.url).query == ""
    # A reload tries again and succeeds.
    issuer.refuses = False
    page.reload()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_an_expired_token_is_renewed_silently(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
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


def test_signing_out_clears_the_page_and_the_issuer_session(cloud: LocalCloud, issuer: Issuer, page: Page) -> None:
    page.goto(cloud.api_url)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{issuer.address}/logout?**")
    [asked] = issuer.logged_out
    assert asked["client_id"] == "the-page"
    assert asked["logout_uri"] == asked["post_logout_redirect_uri"] == f"{cloud.api_url}/"
    assert page.evaluate("sessionStorage.length") == 0
