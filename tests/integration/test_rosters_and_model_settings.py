"""Rosters of an assessment, and a tenant's settings for the model, against moto."""

import json
from typing import Any

import pytest

from core.models.function_requests import RecoverRequest, ResumeRequest
from core.models.submission import SubmissionState
from core.storage import assessment_repository, submission_repository, tenant_repository
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table
from results import app as results_app
from tests.integration.http_events import http_event, parse_response
from tests.integration.moto_cloud import (
    DOCUMENTS,
    MotoCloud,
)
from tests.integration.results_requests import (
    put,
    submission,
)

pytestmark = pytest.mark.usefixtures("recover_requests")

CSV = "Name,Roll No\nAmara Whitlock,10A-017\nCallum Oakes,10A-018\n"


def test_a_roster_is_stored_and_unmatched_sheets_are_graded_again(
    cloud: MotoCloud,
    table: Table,
    context: Any,
    recover_requests: list[RecoverRequest],
) -> None:
    unknown, known = submission("1", student=None), submission("2")
    submission_repository.create_record(
        table,
        unknown,
        SubmissionState.NEEDS_REVIEW,
        OutcomeAttributes.from_item({"review": ["unknown_student"], "question_marks": []}),
    )
    submission_repository.create_record(
        table,
        known,
        SubmissionState.NEEDS_REVIEW,
        OutcomeAttributes.from_item({"review": ["no_text"], "question_marks": []}),
    )
    assert put(context, "/assessments/bio/roster", CSV) == (200, {"assessment": "bio", "students": 2, "again": 1})
    assert recover_requests == [ResumeRequest((unknown.id,))]
    key = assessment_repository.load(table, "demo", "bio").roster
    assert key is not None
    stored_object = json.loads(cloud.client("s3").get_object(Bucket=DOCUMENTS, Key=key)["Body"].read())
    assert stored_object["students"][1] == {"label": "Callum Oakes", "name": "Callum Oakes", "number": "10A-018"}
    # An empty roster removes the names.
    assert put(context, "/assessments/bio/roster", "")[1]["students"] == 0
    assert assessment_repository.load(table, "demo", "bio").roster is None
    assert b"Oakes" not in cloud.client("s3").get_object(Bucket=DOCUMENTS, Key=key)["Body"].read()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("student\nAda\nBen\n", "Ada"),
        ("\ufeffFirst Name;Surname;ID\nAda;Lovelace;7\n", "Ada Lovelace"),
        ("number\n0017\n", "0017"),
        ('name\n"Whitlock, Amara"\n', "Whitlock, Amara"),
        ("Student ID\tStudent Name\n1\tAda\n", "Ada"),
    ],
)
def test_school_exports_are_accepted_as_rosters(
    context: Any,
    table: Table,
    cloud: MotoCloud,
    text: str,
    first: str,
) -> None:
    assert put(context, "/assessments/bio/roster", text)[0] == 200
    key = assessment_repository.load(table, "demo", "bio").roster
    stored_object = json.loads(cloud.client("s3").get_object(Bucket=DOCUMENTS, Key=key)["Body"].read())
    assert stored_object["students"][0]["label"] == first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour\nred\n", "Line 1"),
        ("name\nAda\nAda\n", "same label"),
        ("name\n../etc\n", "Line 2"),
        ("name,number\n , \n,\nAda\n,", "students"),
        ('name,number\n"Ada\n', "students"),
        (b"\xff\xfe", "UTF-8"),
    ],
)
def test_a_bad_rosters_error_names_the_line(
    context: Any,
    table: Table,
    cloud: MotoCloud,
    text: str | bytes,
    message: str,
) -> None:
    found, body = put(context, "/assessments/bio/roster", text)
    assert found in (200, 422)
    assert message in json.dumps(body)


def test_a_tenant_can_switch_the_model_and_see_its_spend(context: Any, table: Table) -> None:
    def get(who: str = "demo") -> Any:
        return parse_response(results_app.handler(http_event("GET", "/settings", tenant=who), context))[1]

    assert (get()["model"], get()["spend_limit_usd"], get()["spent_usd"]) == (True, None, 0)
    assert put(context, "/settings", '{"model": false, "spend_limit_usd": 20}')[0] == 200
    tenant_repository.SpendBudget(table, "demo", 20).reserve(0.5)
    assert get() == {
        "model": False,
        "spend_limit_usd": 20.0,
        "month": tenant_repository.current_month(),
        "spent_usd": 0.5,
    }
    assert get("other")["model"] is True


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"model": 1, "spend_limit_usd": null}', '{"model": true, "spend_limit_usd": -1}',
     '{"model": true, "spend_limit_usd": "5"}', '{"model": true, "spend_limit_usd": NaN}',
     '{"model": true, "spend_limit_usd": true}', '{"model": true, "spend_limit_usd": 1, "more": 2}'],
)  # fmt: skip
def test_invalid_settings_are_refused(context: Any, table: Table, body: str) -> None:
    found, problem = put(context, "/settings", body)
    assert (found, problem["type"]) == (422, "urn:gradeline:problem:InvalidSettings")
