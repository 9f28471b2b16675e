"""Requests to the results API, and submissions for it to return."""

import base64
import csv
import io
import json
from typing import Any

from pypdf import PdfReader

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel, SourceFile, Submission, SubmissionState
from core.storage import submission_repository
from core.storage.encryption import TextCipher
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table, branch_sk, submission_pk
from results import app as results_app
from results import feedback_app
from tests.integration.http_events import http_event, parse_response
from tests.integration.moto_cloud import SECRET, TEMP

RESULT_KEY = "results/demo/1/1.json"
PUBLICATION = "/assessments/bio/publication"


def question(
    name: str, marks: float | None, max_marks: float, *, review: tuple[str, ...] = (), counted: bool = True
) -> Any:
    """A question of a result document."""
    return {
        "question": name,
        "label": name,
        "marks": marks,
        "max_marks": max_marks,
        "answer": "words",
        "places": [],
        "marker": "key-points",
        "confidence": 0.6,
        "reason": "Said." if counted else "Said. An extra attempt; better ones count.",
        "review": list(review),
        "counted": counted,
        "criteria": [],
    }


QUESTIONS = [
    question("1", 1.0, 2.0, review=("borderline",)),
    question("2.a", 3.0, 4.0),
    question("2.b", 1.0, 4.0, counted=False),
]


def submission(name: str = "1", student: str | None = "Ada", at: str = "2026-01-31T08:30:00.125Z") -> Submission:
    """A sheet received through the API."""
    submission_id = name.rjust(32, "0")
    label = TextCipher(SECRET.encode()).encrypt(student, associated_data=submission_id) if student else None
    file = SourceFile(TEMP, f"incoming/{submission_id}", "v1", 10, "ab" * 32, "application/pdf")
    return Submission(submission_id, 1, "demo", "bio", DocumentKind.ANSWER_SHEET, label, IntakeChannel.API, at, file)


def put_branch_item(table: Table, of: Submission, name: str, **attributes: Any) -> None:
    """Write a branch's item, with the sheet's run."""
    table.put({"pk": submission_pk(of.id), "sk": branch_sk(of.run, name), **attributes})


def create_graded_sheet(
    table: Table, name: str, student: str | None, marks: float | None, at: str | None = None
) -> Submission:
    """Record a sheet that was graded with these marks out of 3 for its one question."""
    sheet = submission(name, student, *([at] if at else []))
    question = {"question": "1", "label": "1", "marks": marks, "max_marks": 3, "review": [], "counted": True}
    submission_repository.create_record(table, sheet, SubmissionState.READING)
    submission_repository.write_terminal_state(
        table,
        sheet,
        SubmissionState.GRADED,
        OutcomeAttributes.from_item({"marks": marks, "max_marks": 3, "question_marks": [question]}),
    )
    return sheet


def get(context: Any, path: str, **more: Any) -> tuple[int, Any]:
    return parse_response(results_app.handler(http_event("GET", path, **more), context))


def status(context: Any, of: Submission, **more: Any) -> Any:
    """Return a submission's status; it must exist."""
    found, body = get(context, f"/submissions/{of.id}", **more)
    assert found == 200, body
    return body


def put(context: Any, path: str, body: str | bytes, **more: Any) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else body.encode()
    return parse_response(results_app.handler(http_event("PUT", path, body=raw, **more), context))


def patch(
    context: Any, of: Submission, name: str, body: Any, *, if_match: str | None = None, **more: Any
) -> tuple[int, Any]:
    """Change a mark or correct an answer."""
    headers = {"if-match": if_match} if if_match else {}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = f"/submissions/{of.id}/marks/{name}"
    return parse_response(results_app.handler(http_event("PATCH", path, headers=headers, body=raw, **more), context))


def publish(context: Any, published: bool = True, **more: Any) -> tuple[int, Any]:
    return put(context, PUBLICATION, json.dumps({"published": published}), **more)


def gradebook(context: Any, platform: str = "canvas", **query: str) -> tuple[int, Any]:
    """Return the status, and the rows of the gradebook or the problem."""
    event = http_event("GET", "/assessments/bio/gradebook.csv", query={"for": platform, **query})
    response = results_app.handler(event, context)
    if response["statusCode"] != 200:
        return parse_response(response)
    assert response["headers"]["Content-Type"].startswith("text/csv")
    return 200, list(csv.reader(io.StringIO(response["body"])))


def get_feedback(context: Any, path: str, *, draft: bool = False, **more: Any) -> tuple[int, str]:
    """Return the status, and the text of the PDF or the name of the problem."""
    response = feedback_app.handler(
        http_event("GET", path, query={"draft": "true"} if draft else None, **more), context
    )
    if response["statusCode"] != 200:
        return response["statusCode"], json.loads(response["body"])["type"].rpartition(":")[2]
    assert response["headers"]["Content-Type"] == "application/pdf"
    assert "no-store" in response["headers"]["Cache-Control"]
    body = base64.b64decode(response["body"])
    return 200, "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
