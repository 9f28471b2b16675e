"""The client says what the API says, tries again what dropped, and keeps its token to itself."""

import hashlib
import json
from pathlib import Path

import pytest

from core.models.submission import SubmissionState
from local.cli.api_client import ApiClient, ApiError, ApiUnreachable, InsecureApiUrl
from tests.cli.fake_api import FakeApi
from tests.cli.sample_class import status_document, transcript


def test_a_file_goes_as_the_body_with_its_names_in_the_query(api: FakeApi, client: ApiClient) -> None:
    receipt = client.submit("rivers", "answer_sheet", b"%PDF-1", media_type="application/pdf", student="Zoë & Söhne")

    asked = api.asked[0]
    assert (asked.method, asked.path, asked.body) == ("POST", "/submissions", b"%PDF-1")
    assert asked.query == {"assessment": "rivers", "kind": "answer_sheet", "student": "Zoë & Söhne"}
    assert asked.headers["content-type"] == "application/pdf"
    assert asked.headers["authorization"] == "Bearer a-token"
    assert receipt.run == 1 and receipt.id in api.documents


def test_a_large_file_goes_to_the_store_with_its_form_and_without_the_token(api: FakeApi, client: ApiClient) -> None:
    client.upload("rivers", "answer_sheet", b"pixels", media_type="image/jpeg", student="Mina")

    wish, stored, done = api.asked
    assert json.loads(wish.body) == {
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
def test_what_drops_or_is_too_busy_is_tried_again(api: FakeApi, client: ApiClient, faults: list[int | None]) -> None:
    api.faults = list(faults)

    client.submit("rivers", "answer_sheet", b"x", media_type="image/png")

    assert len(api.asked) == len(faults) + 1
    assert {asked.body for asked in api.asked} == {b"x"}


def test_in_the_end_it_says_that_nobody_answers(api: FakeApi, client: ApiClient) -> None:
    api.faults = [None] * 20

    with pytest.raises(ApiUnreachable, match="cannot be reached"):
        client.submission("a" * 32)


def test_a_closed_port_is_a_sentence() -> None:
    with ApiClient("http://127.0.0.1:9", "t", max_attempts=1) as client, pytest.raises(ApiUnreachable, match="refused"):
        client.submission("a" * 32)


def test_a_problem_is_told_in_its_own_sentence(api: FakeApi, client: ApiClient) -> None:
    failure = {"type": "https://gradeline/problems/EmptyFile", "title": "Empty", "detail": "The file is empty."}
    api.replies["POST", "/submissions"] = (400, failure)

    with pytest.raises(ApiError, match=r"^The file is empty\.$") as caught:
        client.submit("rivers", "answer_sheet", b"", media_type="image/png")

    assert (caught.value.status, caught.value.kind) == (400, "EmptyFile")


def test_a_gateways_refusal_gets_a_sentence_too(api: FakeApi, client: ApiClient) -> None:
    api.replies["GET", "/submissions/x"] = (401, {"message": "Unauthorized"})

    with pytest.raises(ApiError, match="token was not accepted"):
        client.submission("x")


def test_something_else_that_answers_is_not_taken_for_the_api(api: FakeApi, client: ApiClient) -> None:
    api.replies["GET", "/submissions/x"] = (200, b"<html>hello</html>")

    with pytest.raises(ApiUnreachable, match="not as this API does"):
        client.submission("x")


def test_a_status_comes_with_its_lanes_and_marks(api: FakeApi, client: ApiClient) -> None:
    api.documents["a" * 32] = status_document()

    status = client.submission("a" * 32, wait=20)

    assert api.asked[0].headers["prefer"] == "wait=20"
    assert status.state is SubmissionState.GRADED and status.succeeded and status.ended
    assert status.branches["reading"].pages_total == 1 and status.branches["grading"].state == "done"
    assert status.result and status.result.max_marks == 11


def test_a_long_list_is_read_to_its_end(api: FakeApi, client: ApiClient) -> None:
    pages = {
        "": {"submissions": [status_document("1" * 32)], "next": "more"},
        "more": {"submissions": [status_document("2" * 32)], "next": None},
    }
    answer = api.answer
    api.answer = lambda asked: (  # type: ignore[method-assign]
        (200, pages[asked.query.get("next", "")]) if asked.path == "/assessments/rivers/submissions" else answer(asked)
    )

    assert [status.id[0] for status in client.submissions("rivers")] == ["1", "2"]


def test_a_transcript_is_a_transcript(api: FakeApi, client: ApiClient) -> None:
    api.replies["GET", "/submissions/x/transcript"] = (200, transcript().to_dict())

    assert client.transcript("x") == transcript()


def test_a_transcript_in_parts_is_put_together(api: FakeApi, client: ApiClient) -> None:
    whole = transcript()
    pages = [{**page, "number": number} for number in (1, 2, 3) for page in whole.to_dict()["pages"][:1]]
    parts = {
        "1": {"pages": pages[:2], "warnings": ["a warning"], "next": 3},
        "3": {"pages": pages[2:], "warnings": ["a warning"], "next": None},
    }
    answer = api.answer
    api.answer = lambda asked: (  # type: ignore[method-assign]
        (200, parts[asked.query["next"]]) if asked.path == "/submissions/x/transcript" else answer(asked)
    )

    found = client.transcript("x")
    assert [page.number for page in found.pages] == [1, 2, 3]
    assert found.warnings == ("a warning",)


@pytest.mark.parametrize("url", ["http://marks.example.org", "ftp://127.0.0.1", "marks"])
def test_the_token_never_travels_in_the_clear(url: str) -> None:
    with pytest.raises(InsecureApiUrl):
        ApiClient(url, "t")


def test_neither_a_netrc_nor_a_proxy_of_the_machine_gets_between(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    api.documents["a" * 32] = status_document()

    with ApiClient(api.url, "a-token", max_attempts=1) as client:
        client.submission("a" * 32)

    assert api.asked[0].headers["authorization"] == "Bearer a-token"
