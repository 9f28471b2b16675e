"""The results API in parts: transcripts page by page, and lists of submissions with a cursor."""

import json
from typing import Any

import pytest

from core.models.submission import SubmissionState
from core.models.transcript import Line, Page, Transcript, Word
from core.storage import submission_repository
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table
from results import app as results_app
from tests.integration.http_events import http_event
from tests.integration.moto_cloud import (
    DOCUMENTS,
    MotoCloud,
)
from tests.integration.results_requests import (
    get,
    submission,
)


def test_a_large_transcript_is_paginated_with_each_page_once(cloud: MotoCloud, table: Table, context: Any) -> None:
    """Two hundred pages as dense as print exceed the size that Lambda allows for one response."""
    words = tuple(Word(f'"wörd" {number}', 99.12345, (0.12345, 0.23456, 0.34567, 0.01234)) for number in range(500))
    lines = (Line(" ".join(word.text for word in words), 99.0, (0.1, 0.2, 0.3, 0.4), words=words),)
    whole = Transcript(tuple(Page(number, "textract", lines) for number in range(1, 201)), ("a warning",))
    sheet = submission()
    submission_repository.create_record(table, sheet, SubmissionState.READING)
    cloud.client("s3").put_object(Bucket=DOCUMENTS, Key="transcripts/t.json", Body=whole.to_json())
    submission_repository.write_terminal_state(
        table, sheet, SubmissionState.GRADED, OutcomeAttributes.from_item({"transcript_key": "transcripts/t.json"})
    )
    seen: list[Page] = []
    first: int | None = 1
    parts = 0
    while first:
        path = f"/submissions/{sheet.id}/transcript"
        response = results_app.handler(http_event("GET", path, query={"next": str(first)}), context)
        assert len(json.dumps(response)) < 6_000_000
        part = Transcript.from_json(response["body"].encode())
        assert part.warnings == whole.warnings
        assert json.loads(response["body"])["text"] == part.text
        seen += part.pages
        first = json.loads(response["body"])["next"]
        parts += 1
    assert tuple(seen) == whole.pages
    assert parts > 1


@pytest.mark.parametrize("cursor", ["0", "-1", "x", "1e3", "999999"])
def test_an_invalid_transcript_cursor_is_refused(table: Table, context: Any, cursor: str) -> None:
    found, body = get(context, f"/submissions/{submission().id}/transcript", query={"next": cursor})
    assert (found, body["type"]) == (400, "urn:gradeline:problem:InvalidCursor")


def test_a_long_list_is_paginated_with_each_submission_once(table: Table, context: Any) -> None:
    for number in range(1, 8):
        submission_repository.create_record(
            table, submission(str(number), student=f"S{number}"), SubmissionState.READING
        )
    seen, after, pages = [], "", 0
    while pages == 0 or after:
        found, body = get(
            context, "/assessments/bio/submissions", query={"limit": "3", **({"next": after} if after else {})}
        )
        assert found == 200
        assert len(body["submissions"]) <= 3
        seen += [sheet["id"] for sheet in body["submissions"]]
        after, pages = body["next"], pages + 1
    assert sorted(seen) == sorted(submission(str(number)).id for number in range(1, 8))
    assert pages == 3


def test_a_cursor_of_one_tenant_lists_nothing_of_another(table: Table, context: Any) -> None:
    for number in range(1, 4):
        submission_repository.create_record(
            table, submission(str(number), student=f"S{number}"), SubmissionState.READING
        )
    after = get(context, "/assessments/bio/submissions", query={"limit": "1"})[1]["next"]
    assert get(context, "/assessments/bio/submissions", query={"next": after}, tenant="other")[1]["submissions"] == []
    found, body = get(context, "/assessments/bio/submissions", query={"next": "elsewhere"})
    assert (found, body["type"]) == (400, "urn:gradeline:problem:InvalidCursor")
