"""What one tenant may send in a minute: the rest is refused before anything of it is stored, the others go on."""

import time
from typing import Any

import pytest

from core.platform.settings import settings
from receive import app as door
from tests.integration.conftest import MotoCloud
from tests.integration.http_events import http_event, parse_response
from tests.integration.test_receive_handler import ask_upload

MINUTE = 29_000_000
ASKED = {"assessment": "bio", "kind": "answer_sheet"}


@pytest.fixture(autouse=True)
def three_a_minute(cloud: MotoCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANT_RATE", "3")
    settings.cache_clear()
    at(monkeypatch, 0)


def at(monkeypatch: pytest.MonkeyPatch, second: int) -> None:
    monkeypatch.setattr(time, "time", lambda: MINUTE * 60 + second + 0.5)


def send(context: Any, number: int, tenant: str = "demo") -> tuple[int, Any, dict[str, str]]:
    body = b"%PDF-1.7\n%" + bytes(f"{number}", "ascii")
    event = http_event("POST", "/submissions", query={**ASKED, "student": f"s{number}"}, body=body, tenant=tenant)
    told = door.handler(event, context)
    assert told is not None
    return *parse_response(told), told["headers"]


def test_a_tenant_that_sends_too_many_is_refused_and_nothing_is_kept(
    cloud: MotoCloud, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 18)
    assert [send(context, number)[0] for number in range(3)] == [202] * 3
    status, problem, headers = send(context, 3)
    assert (status, problem["type"]) == (429, "urn:gradeline:problem:TooManyFiles")
    assert headers["Retry-After"] == "42"
    assert "3 files in a minute" in problem["detail"]
    assert len(cloud.executions()) == 3
    # A form for an upload is a file as well.
    assert ask_upload(context)[0] == 429
    # Another tenant has a minute of its own, and so has the next minute.
    assert send(context, 4, tenant="other")[0] == 202
    at(monkeypatch, 60)
    assert send(context, 3)[0] == 202
    assert ask_upload(context)[0] == 201


def test_a_request_that_is_none_is_not_counted(cloud: MotoCloud, context: Any) -> None:
    for _ in range(5):
        assert ask_upload(context, assessment=None)[0] == 400
    assert [send(context, number)[0] for number in range(3)] == [202] * 3
