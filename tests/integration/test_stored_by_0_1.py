"""Data that version 0.1.0 stored (items, documents and states): today's code reads it and gives the same answers.

`stored_by_0_1/` was written by a run of that version on the local cloud: `items.json` (the table), `documents.json`
(the JSON documents in S3 by key), `states.json` (the input of every state of each execution), `answers.json` (the
responses of its API). Names in them are invented. The files must not be written again.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from boto3.dynamodb.types import TypeSerializer

from grade import app as grade_app
from recover import app as recover_app
from results import app as results_app
from tests.integration.http_events import http_event
from tests.integration.moto_cloud import DOCUMENTS, TABLE, MotoCloud

STORED = Path(__file__).parent / "stored_by_0_1"


def stored(name: str) -> Any:
    return json.loads((STORED / f"{name}.json").read_text(), parse_float=Decimal if name == "items" else None)


ITEMS, DOCUMENTS_BY_KEY, STATES, ANSWERS = map(stored, ("items", "documents", "states", "answers"))
ERASED = {item["pk"].removeprefix("submission#") for item in ITEMS if "erased_at" in item}
ENTERED = [
    (name, execution, state)
    for execution, run in sorted(STATES.items())
    for name, state in sorted(run["entered"].items())
    if execution.rpartition("-")[0] not in ERASED
]


@pytest.fixture
def stack(cloud: MotoCloud) -> MotoCloud:
    """The table and the bucket as version 0.1.0 left them."""
    marshal = TypeSerializer().serialize
    for item in ITEMS:
        put(cloud, {name: marshal(value) for name, value in item.items()})
    for key, document in DOCUMENTS_BY_KEY.items():
        body = json.dumps(document, ensure_ascii=False).encode()
        cloud.client("s3").put_object(Bucket=DOCUMENTS, Key=key, Body=body)
    return cloud


def put(cloud: MotoCloud, item: dict[str, Any]) -> None:
    cloud.client("dynamodb").put_item(TableName=TABLE, Item=item)


def record(cloud: MotoCloud, submission: str) -> dict[str, Any]:
    key = {"pk": {"S": f"submission#{submission}"}, "sk": {"S": "record"}}
    return cloud.client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]


@pytest.mark.parametrize("path", sorted(ANSWERS))
def test_the_api_answers_as_version_0_1_did(path: str, stack: MotoCloud, context: Any) -> None:
    url = urlsplit(path)
    found = results_app.handler(http_event("GET", url.path, query=dict(parse_qsl(url.query))), context)
    body = found["body"]
    expected = ANSWERS[path]
    assert (found["statusCode"], json.loads(body) if isinstance(expected["body"], dict) else body) == (
        expected["status"],
        expected["body"],
    )


@pytest.mark.parametrize("name,execution,state", [entry for entry in ENTERED if entry[0] in ("Grade", "PreparePaper")])
def test_a_state_of_version_0_1_is_graded_again(
    name: str, execution: str, state: dict[str, Any], stack: MotoCloud, context: Any
) -> None:
    """With the record as it was during this run, the state alone leads to the same terminal state."""
    submission = execution.rpartition("-")[0]
    item = record(stack, submission)
    ended = item["state"]["S"]
    run = execution.rpartition("-")[2]
    put(stack, item | {"state": {"S": "READING"}, "run": {"N": run}, "claimed": {"N": run}})
    found = grade_app.handler(state, context)
    # Without a model, free text goes to a person; everything else is marked as before.
    assert found["state"] in {ended, "NEEDS_REVIEW", "GRADED"}
    assert record(stack, submission)["state"]["S"] == found["state"]


ACTIONS = {"Park": "park", "Reject": "reject", "Fail": "fail", "Duplicate": "duplicate", "Tidy": "tidy"}


@pytest.mark.parametrize("name,execution,state", [entry for entry in ENTERED if entry[0] in ACTIONS])
def test_a_state_of_version_0_1_reaches_its_terminal_state(
    name: str, execution: str, state: dict[str, Any], stack: MotoCloud, context: Any
) -> None:
    submission = execution.rpartition("-")[0]
    before = record(stack, submission)
    recover_app.handler({"action": ACTIONS[name], "state": state}, context)
    assert record(stack, submission)["state"] == before["state"]
