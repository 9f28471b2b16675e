"""The rate limit of a tenant: further files are refused before anything is stored, other tenants are not affected."""

import time
from typing import Any

import pytest

from core.platform.settings import settings
from receive import app as receive_app
from tests.integration.http_events import http_event, parse_response
from tests.integration.intake_requests import request_upload
from tests.integration.moto_cloud import MotoCloud

MINUTE = 29_000_000
ASKED = {"assessment": "bio", "kind": "answer_sheet"}


@pytest.fixture(autouse=True)
def limit_to_three_files(cloud: MotoCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANT_RATE", "3")
    settings.cache_clear()
    set_clock(monkeypatch, 0)


def set_clock(monkeypatch: pytest.MonkeyPatch, second: int) -> None:
    monkeypatch.setattr(time, "time", lambda: MINUTE * 60 + second + 0.5)


def send(context: Any, number: int, tenant: str = "demo") -> tuple[int, Any, dict[str, str]]:
    body = b"%PDF-1.7\n%" + bytes(f"{number}", "ascii")
    event = http_event("POST", "/submissions", query={**ASKED, "student": f"s{number}"}, body=body, tenant=tenant)
    response = receive_app.handler(event, context)
    assert response is not None
    return *parse_response(response), response["headers"]


def test_files_beyond_the_limit_are_refused_and_not_stored(
    cloud: MotoCloud, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, 18)
    assert [send(context, number)[0] for number in range(3)] == [202] * 3
    status, problem, headers = send(context, 3)
    assert (status, problem["type"]) == (429, "urn:gradeline:problem:TooManyFiles")
    assert headers["Retry-After"] == "42"
    assert "3 files in a minute" in problem["detail"]
    assert len(cloud.executions()) == 3
    # A presigned upload also counts as a file.
    assert request_upload(context)[0] == 429
    # Another tenant has its own count, and the next minute starts a new one.
    assert send(context, 4, tenant="other")[0] == 202
    set_clock(monkeypatch, 60)
    assert send(context, 3)[0] == 202
    assert request_upload(context)[0] == 201


def test_an_invalid_request_is_not_counted(cloud: MotoCloud, context: Any) -> None:
    for _ in range(5):
        assert request_upload(context, assessment=None)[0] == 400
    assert [send(context, number)[0] for number in range(3)] == [202] * 3
