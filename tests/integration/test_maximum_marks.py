"""A question has one maximum: the assessment, a corrected paper and the gradebook state the same."""

import csv
import io
import json
from typing import Any

import pytest

from core.models.assessment import Question, QuestionPaper, QuestionType
from core.storage import assessment_repository
from core.storage.table import Table
from results import app as results_app
from tests.integration.http_events import http_event
from tests.integration.moto_cloud import DOCUMENTS, MotoCloud
from tests.integration.results_requests import (
    create_graded_sheet,
    get,
    put,
)

pytestmark = pytest.mark.usefixtures("recover_requests")

SCHEME = json.dumps({"questions": [{"question": "1", "marks": 3, "model_answer": "Metal conducts."}]})


@pytest.fixture
def paper(cloud: MotoCloud, table: Table) -> dict[str, Any]:
    """A paper that prints 7 marks for a question for which the scheme will state 3."""
    tree = tuple(Question(name, name, QuestionType.TEXT, "Why?", 7.0 if name == "1" else 2.0) for name in ("1", "2"))
    body = QuestionPaper(9.0, tree, printed_total=9.0).to_dict()
    key = "assessments/demo/bio/paper/1.json"
    cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=key, Body=json.dumps(body).encode())
    assessment_repository.set_document_if_newer(
        table, "demo", "bio", "paper", key=key, received_at="2026-01-31T08:00:00.000Z"
    )
    return body


def question(response: dict[str, Any], name: str) -> dict[str, Any]:
    return next(sheet for sheet in response["maximum_marks"]["questions"] if sheet["question"] == name)


def test_the_assessment_lists_each_maximum_and_its_source(paper: Any, context: Any) -> None:
    assert question(get(context, "/assessments/bio")[1], "1") == {
        "question": "1",
        "marks": 7.0,
        "source": "paper",
        "printed": 7.0,
    }
    put(context, "/assessments/bio/marking-scheme", SCHEME)
    response = get(context, "/assessments/bio")[1]
    assert question(response, "1") == {"question": "1", "marks": 3.0, "source": "scheme", "printed": 7.0}
    assert response["maximum_marks"]["total"] == 5.0
    assert any("3 is used" in warning for warning in response["scheme"]["warnings"])
    assert response["maximum_marks"]["warnings"] == [
        "The paper prints a total of 9 marks, but its questions add up to 5."
    ]


def test_the_response_to_a_corrected_paper_lists_each_maximum(paper: Any, context: Any) -> None:
    put(context, "/assessments/bio/marking-scheme", SCHEME)
    paper["questions"][0]["marks"] = 6
    status, response = put(context, "/assessments/bio/paper", json.dumps(paper))
    assert status == 200
    assert question(response, "1") == {"question": "1", "marks": 3.0, "source": "scheme", "printed": 6.0}


def test_canvas_gets_the_points_that_count(paper: Any, table: Table, context: Any) -> None:
    put(context, "/assessments/bio/marking-scheme", SCHEME)
    # Graded before the scheme was set, out of the maximum at that time.
    create_graded_sheet(table, "1", "10A-017", 1)
    event = http_event("GET", "/assessments/bio/gradebook.csv", query={"for": "canvas", "draft": "true"})
    rows = list(csv.reader(io.StringIO(results_app.handler(event, context)["body"])))
    assert rows[1][5] == "5"


def test_without_a_paper_there_are_no_maximum_marks(cloud: MotoCloud, context: Any) -> None:
    put(context, "/assessments/bio/marking-scheme", SCHEME)
    assert get(context, "/assessments/bio")[1]["maximum_marks"] is None
