"""The API client: requests, error messages, retries, and protection of the token."""

import hashlib
import json
from pathlib import Path

import pytest

from core.models.submission import SubmissionState
from local.cli.api_client import ApiClient, ApiError, ApiUnreachable, InsecureApiUrl
from tests.cli.fake_api import FakeApi
from tests.cli.sample_class import status_document, transcript


def test_a_file_is_sent_as_the_body_with_its_names_in_the_query(api: FakeApi, client: ApiClient) -> None:
    accepted = client.submit("rivers", "answer_sheet", b"%PDF-1", media_type="application/pdf", student="Zoë & Söhne")

    request = api.requests[0]
    assert (request.method, request.path, request.body) == ("POST", "/submissions", b"%PDF-1")
    assert request.query == {"assessment": "rivers", "kind": "answer_sheet", "student": "Zoë & Söhne"}
    assert request.headers["content-type"] == "application/pdf"
    assert request.headers["authorization"] == "Bearer a-token"
    assert accepted.run == 1 and accepted.id in api.documents


def test_an_upload_sends_the_form_to_s3_without_the_token(api: FakeApi, client: ApiClient) -> None:
    client.upload("rivers", "answer_sheet", b"pixels", media_type="image/jpeg", student="Mina")

    form_request, stored, done = api.requests
    assert json.loads(form_request.body) == {
        "assessment": "rivers",
        "kind": "answer_sheet",
        "student": "Mina",
        "sha256": hashlib.sha256(b"pixels").hexdigest(),
        "size": 6,
        "media_type": "image/jpeg",
    }
    assert api.form(stored) == [("key", b"k"), ("policy", b"p"), ("file", b"pixels")], "the file comes last"
    assert "authorization" not in stored.headers
    assert done.path.endswith("/complete") and done.headers["authorization"] == "Bearer a-token"


@pytest.mark.parametrize("faults", [[None], [500], [503], [429, 502], [None, 504, None]])
def test_dropped_connections_and_busy_servers_are_retried(
    api: FakeApi, client: ApiClient, faults: list[int | None]
) -> None:
    api.faults = list(faults)

    client.submit("rivers", "answer_sheet", b"x", media_type="image/png")

    assert len(api.requests) == len(faults) + 1
    assert {request.body for request in api.requests} == {b"x"}


def test_exhausted_retries_raise_api_unreachable(api: FakeApi, client: ApiClient) -> None:
    api.faults = [None] * 20

    with pytest.raises(ApiUnreachable, match="cannot be reached"):
        client.submission("a" * 32)


def test_a_closed_port_raises_api_unreachable() -> None:
    with ApiClient("http://127.0.0.1:9", "t", max_attempts=1) as client, pytest.raises(ApiUnreachable, match="refused"):
        client.submission("a" * 32)


def test_a_problem_document_becomes_the_error_message(api: FakeApi, client: ApiClient) -> None:
    failure = {"type": "https://gradeline/problems/EmptyFile", "title": "Empty", "detail": "The file is empty."}
    api.replies["POST", "/submissions"] = (400, failure)

    with pytest.raises(ApiError, match=r"^The file is empty\.$") as caught:
        client.submit("rivers", "answer_sheet", b"", media_type="image/png")

    assert (caught.value.status, caught.value.kind) == (400, "EmptyFile")


def test_a_gateway_refusal_gets_a_message(api: FakeApi, client: ApiClient) -> None:
    api.replies["GET", "/submissions/x"] = (401, {"message": "Unauthorized"})

    with pytest.raises(ApiError, match="token was not accepted"):
        client.submission("x")


def test_a_response_of_another_server_is_not_accepted(api: FakeApi, client: ApiClient) -> None:
    api.replies["GET", "/submissions/x"] = (200, b"<html>hello</html>")

    with pytest.raises(ApiUnreachable, match="is not this API"):
        client.submission("x")


def test_a_status_has_its_branches_and_marks(api: FakeApi, client: ApiClient) -> None:
    api.documents["a" * 32] = status_document()

    status = client.submission("a" * 32, wait=20)

    assert api.requests[0].headers["prefer"] == "wait=20"
    assert status.state is SubmissionState.GRADED and status.succeeded and status.ended
    assert status.branches["reading"].pages_total == 1 and status.branches["grading"].state == "done"
    assert status.result and status.result.max_marks == 11


def test_a_long_listing_is_read_page_by_page(api: FakeApi, client: ApiClient) -> None:
    pages = {
        "": {"submissions": [status_document("1" * 32)], "next": "more"},
        "more": {"submissions": [status_document("2" * 32)], "next": None},
    }
    answer = api.answer
    api.answer = lambda request: (  # type: ignore[method-assign]
        (200, pages[request.query.get("next", "")])
        if request.path == "/assessments/rivers/submissions"
        else answer(request)
    )

    assert [status.id[0] for status in client.submissions("rivers")] == ["1", "2"]


def test_a_transcript_is_decoded(api: FakeApi, client: ApiClient) -> None:
    api.replies["GET", "/submissions/x/transcript"] = (200, transcript().to_dict())

    assert client.transcript("x") == transcript()


def test_a_transcript_in_parts_is_joined(api: FakeApi, client: ApiClient) -> None:
    one_page = transcript()
    pages = [{**page, "number": number} for number in (1, 2, 3) for page in one_page.to_dict()["pages"][:1]]
    parts = {
        "1": {"pages": pages[:2], "warnings": ["a warning"], "next": 3},
        "3": {"pages": pages[2:], "warnings": ["a warning"], "next": None},
    }
    answer = api.answer
    api.answer = lambda request: (  # type: ignore[method-assign]
        (200, parts[request.query["next"]]) if request.path == "/submissions/x/transcript" else answer(request)
    )

    found = client.transcript("x")
    assert [page.number for page in found.pages] == [1, 2, 3]
    assert found.warnings == ("a warning",)


@pytest.mark.parametrize("url", ["http://marks.example.org", "ftp://127.0.0.1", "marks"])
def test_an_unencrypted_url_is_refused(url: str) -> None:
    with pytest.raises(InsecureApiUrl):
        ApiClient(url, "t")


def test_netrc_and_proxy_settings_are_ignored_on_loopback(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    api.documents["a" * 32] = status_document()

    with ApiClient(api.url, "a-token", max_attempts=1) as client:
        client.submission("a" * 32)

    assert api.requests[0].headers["authorization"] == "Bearer a-token"
