"""Fixtures of the integration tests: real boto3 and real handlers against moto, in memory, without a server."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws

from core.models.assessment import Question, QuestionPaper, QuestionType
from core.models.function_requests import RecoverRequest
from core.models.submission import Submission, SubmissionState
from core.platform import aws
from core.platform.settings import settings
from core.storage import assessment_repository, submission_repository
from core.storage.outcome_attributes import OutcomeAttributes
from core.storage.table import Table
from extract import app as extract_app
from results import app as results_app
from tests.integration.fake_textract import FakeAsyncJobs, FakeTextract, Reader
from tests.integration.moto_cloud import (
    DOCUMENTS,
    ENVIRONMENT,
    TABLE,
    MotoCloud,
    clear_caches,
    create_stack,
    shared_data_loader,
)
from tests.integration.results_requests import QUESTIONS, RESULT_KEY, submission


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoCloud]:
    """An account with the stack's buckets, table, queue and state machine; nothing is cached from an earlier test."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        moto_cloud = MotoCloud()
        create_stack(moto_cloud)
        clear_caches()
        session = aws._session()
        session._session.register_component("data_loader", shared_data_loader())
        session.events.register("before-call.*.*", lambda model, **_: moto_cloud.calls.append(model.name))
        session.events.register("before-call.lambda.Invoke", moto_cloud.accept_invocation)
        yield moto_cloud
    clear_caches()


@pytest.fixture
def context() -> SimpleNamespace:
    """The context that Lambda passes to a handler."""
    return SimpleNamespace(
        function_name="function",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:function",
        aws_request_id="00000000-0000-0000-0000-000000000000",
        get_remaining_time_in_millis=lambda: 30_000,
    )


@pytest.fixture
def table(cloud: MotoCloud) -> Table:
    return Table(cloud.client("dynamodb"), TABLE)


@pytest.fixture
def graded_sheet(table: Table, cloud: MotoCloud) -> Submission:
    """A graded sheet of a paper whose question 2 asks for one of two parts."""

    def text_question(name: str, marks: float) -> Question:
        return Question(name, name, QuestionType.TEXT, "Why?", marks)

    parts = (text_question("2.a", 4), text_question("2.b", 4))
    choice = Question("2", "2", QuestionType.GROUP, "Any one of", 4, choose=1, parts=parts)
    paper = QuestionPaper(6.0, (text_question("1", 2), choice))
    s3 = cloud.client("s3")
    result = {
        "marks": 4.0,
        "max_marks": 6.0,
        "needs_review": True,
        "review": [],
        "questions": QUESTIONS,
        "warnings": [],
    }
    for key, body in (("assessments/paper.json", paper.to_dict()), (RESULT_KEY, result)):
        s3.put_object(Bucket=DOCUMENTS, Key=key, Body=json.dumps(body).encode())
    assessment_repository.set_document_if_newer(
        table, "demo", "bio", "paper", key="assessments/paper.json", received_at="2026-01-31T08:00:00.000Z"
    )
    sheet = submission()
    summary = ("question", "label", "marks", "max_marks", "review", "counted")
    attributes = {
        "marks": 4,
        "max_marks": 6,
        "result_key": RESULT_KEY,
        "review": [],
        "question_marks": [{name: entry[name] for name in summary} | {"answered": True} for entry in QUESTIONS],
    }
    submission_repository.create_record(
        table, sheet, SubmissionState.NEEDS_REVIEW, OutcomeAttributes.from_item(attributes)
    )
    return sheet


@pytest.fixture
def recover_requests(monkeypatch: Any) -> list[RecoverRequest]:
    """The requests that `results` sends to `recover`. They are recorded and not delivered."""
    requests: list[RecoverRequest] = []
    monkeypatch.setattr(results_app, "invoke_recover", requests.append)
    return requests


@pytest.fixture
def textract(cloud: MotoCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTextract]:
    """A fake Textract behind the real client, in an account with 25 pages per second."""
    monkeypatch.setenv("TEXTRACT_TPS", "25")
    extract_app.create_client.cache_clear()
    fake = FakeTextract()
    aws._session().events.register_first("before-send.textract.DetectDocumentText", fake)
    yield fake
    extract_app.create_client.cache_clear()


@pytest.fixture
def reader(cloud: MotoCloud, textract: FakeTextract, context: SimpleNamespace) -> Reader:
    return Reader(cloud, context)


@pytest.fixture
def async_jobs(cloud: MotoCloud) -> FakeAsyncJobs:
    """Textract's asynchronous operations as a fake behind the real client."""
    fake = FakeAsyncJobs()
    for operation in ("StartDocumentTextDetection", "GetDocumentTextDetection"):
        aws._session().events.register_first(f"before-send.textract.{operation}", fake)
    return fake


@pytest.fixture
def slow_reader(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A reader in an account with one page per twenty seconds: twenty-four pages would take eight minutes."""
    monkeypatch.setenv("TEXTRACT_TPS", "0.05")
    settings.cache_clear()
    extract_app.create_client.cache_clear()
    reader.context = SimpleNamespace(**{**vars(reader.context), "get_remaining_time_in_millis": lambda: 840_000})
    return reader
