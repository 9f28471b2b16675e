"""Door after the join: the merged state in, a prepared paper or a graded sheet out; and one answer, marked again."""

from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from core.models.submission import DocumentKind, Submission
from core.models.timeline import compute_durations
from core.platform import aws
from core.platform.settings import settings
from core.storage.encryption import TextCipher
from core.storage.table import Table
from grade.document_preparation import prepare_document
from grade.document_store import DocumentStore
from grade.markers.factory import TenantMarker, create_marker
from grade.markers.free_text import FreeTextMarker
from grade.markers.model_call_counter import ModelCallCounter
from grade.sheet_grading import GradingOutcome, grade_sheet

logger = Logger()
metrics = Metrics()
# Of the 29 seconds that an HTTP API waits; what the model has not said by then is open to review.
_INTERACTIVE_BUDGET_SECONDS = 18.0


@cache
def document_store() -> DocumentStore:
    return DocumentStore(aws.client("s3"), settings().documents_bucket)


@cache
def free_text_marker() -> FreeTextMarker:
    return create_marker(settings(), partial(aws.client, "secretsmanager"), on_fault=log_marking_failure)


@cache
def interactive_marker() -> FreeTextMarker:
    """The same marker for somebody who waits for the answer."""
    return create_marker(
        settings(),
        partial(aws.client, "secretsmanager"),
        budget_seconds=_INTERACTIVE_BUDGET_SECONDS,
        on_fault=log_marking_failure,
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@aws.translate_service_errors()
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    return mark_answer_again(event) if event.get("action") == "mark answer" else grade(event)


def mark_answer_again(request: dict[str, Any]) -> dict[str, Any]:
    """One answer in the words of a teacher who waits for its mark."""
    from grade.corrected_answers import mark_corrected_answer

    logger.append_keys(submission_id=request["submission"])
    table = Table(aws.client("dynamodb"), settings().table)
    with ModelCallCounter(table, request["submission"], request["run"], on_fault=log_nonfatal) as calls:
        free_text_marker = TenantMarker(interactive_marker(), table, request["tenant"], calls.store_count)
        corrected_mark = mark_corrected_answer(
            request, document_store=document_store(), table=table, free_text_marker=free_text_marker
        )
    metrics.add_metric("AnswersMarkedAgain", MetricUnit.Count, 1)
    return corrected_mark


def grade(state: dict[str, Any]) -> dict[str, Any]:
    submission = Submission.from_state(state)
    logger.append_keys(submission_id=submission.id, run=submission.run)
    metrics.add_metric("Deliveries", MetricUnit.Count, 1)
    table = Table(aws.client("dynamodb"), settings().table)
    if submission.kind is DocumentKind.ANSWER_SHEET:
        cipher = TextCipher(settings().identity_secret.encode())
        with ModelCallCounter(table, submission.id, submission.run, on_fault=log_nonfatal) as calls:
            marker = TenantMarker(free_text_marker(), table, submission.tenant, calls.store_count)
            graded = grade_sheet(
                state, document_store=document_store(), table=table, cipher=cipher, free_text_marker=marker
            )
    else:
        graded = prepare_document(state, document_store=document_store(), table=table)
    logger.info("graded", kind=submission.kind, state=graded.state)
    add_grading_metrics(state["outcome"], submission, graded)
    return graded.to_state()


def log_nonfatal(fault: Exception) -> None:
    """Something that marking can do without went wrong."""
    logger.warning("beside the marking", fault=type(fault).__name__)


def log_marking_failure(fault: Exception) -> None:
    """One answer went to a person because its marking failed; the kind of fault alone, its text may hold the answer."""
    logger.error("an answer could not be marked", fault=type(fault).__name__)


def add_grading_metrics(outcome: dict[str, Any], submission: Submission, graded: GradingOutcome) -> None:
    """The submission's own timeline and what its marking cost; numbers alone, and of nobody."""
    metrics.add_metric(f"Ended{graded.state.title().replace('_', '')}", MetricUnit.Count, 1)
    if submission.kind is DocumentKind.ANSWER_SHEET:
        metrics.add_metric("QuestionsForReview", MetricUnit.Count, graded.for_review)
        metrics.add_metric("ModelCalls", MetricUnit.Count, graded.usage.calls)
        metrics.add_metric("ModelDollars", MetricUnit.NoUnit, graded.usage.cost_usd)
    if submission.run > 1:
        return  # parked, resumed or graded again: what lies between its receipt and its marks is waiting
    reading, storing = outcome["reading"]["value"], outcome["persistence"]["stored"]["value"]
    for name, duration in compute_durations(submission.received_at, reading, storing, graded.timeline).items():
        metrics.add_metric(name, MetricUnit.Milliseconds, duration)
