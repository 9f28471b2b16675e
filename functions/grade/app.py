"""Lambda handler of the grade step: prepares a paper or key, grades a sheet, or marks one corrected answer again."""

from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from core.models import function_requests
from core.models.execution_state import ExecutionState
from core.models.function_requests import MarkAnswerReply, MarkAnswerRequest
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
# Part of the 29 seconds that an HTTP API waits. What the model has not answered by then goes to review.
_INTERACTIVE_BUDGET_SECONDS = 18.0


@cache
def document_store() -> DocumentStore:
    return DocumentStore(aws.client("s3"), settings().documents_bucket)


@cache
def free_text_marker() -> FreeTextMarker:
    return create_marker(settings(), partial(aws.client, "secretsmanager"), on_error=log_marking_failure)


@cache
def interactive_marker() -> FreeTextMarker:
    """The same marker with a shorter time budget, for a request that a teacher waits for."""
    return create_marker(
        settings(),
        partial(aws.client, "secretsmanager"),
        budget_seconds=_INTERACTIVE_BUDGET_SECONDS,
        on_error=log_marking_failure,
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@aws.translate_service_errors()
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    if event.get("action") == function_requests.MARK_ANSWER:
        return mark_answer_again(MarkAnswerRequest.from_event(event)).to_dict()
    return grade_submission(ExecutionState.from_state(event)).to_state()


def mark_answer_again(request: MarkAnswerRequest) -> MarkAnswerReply:
    """Mark one answer whose reading a teacher has corrected; the request waits for the mark."""
    from grade.corrected_answers import mark_corrected_answer

    logger.append_keys(submission_id=request.submission_id)
    table = Table(aws.client("dynamodb"), settings().table)
    with ModelCallCounter(table, request.submission_id, request.run, on_error=log_nonfatal) as calls:
        marker = TenantMarker(interactive_marker(), table, request.tenant, calls.store_count)
        reply = mark_corrected_answer(request, document_store=document_store(), table=table, free_text_marker=marker)
    metrics.add_metric("AnswersMarkedAgain", MetricUnit.Count, 1)
    return reply


def grade_submission(state: ExecutionState) -> GradingOutcome:
    """Prepare a paper or key, or grade a sheet, from the merged state of the branches."""
    submission = state.submission
    logger.append_keys(submission_id=submission.id, run=submission.run)
    metrics.add_metric("Deliveries", MetricUnit.Count, 1)
    table = Table(aws.client("dynamodb"), settings().table)
    if submission.kind.rules.is_graded:
        cipher = TextCipher(settings().identity_secret.encode())
        with ModelCallCounter(table, submission.id, submission.run, on_error=log_nonfatal) as calls:
            marker = TenantMarker(free_text_marker(), table, submission.tenant, calls.store_count)
            outcome = grade_sheet(
                state, document_store=document_store(), table=table, cipher=cipher, free_text_marker=marker
            )
    else:
        outcome = prepare_document(state, document_store=document_store(), table=table)
    logger.info("graded", kind=submission.kind, state=outcome.state)
    add_grading_metrics(state, outcome)
    return outcome


def log_nonfatal(error: Exception) -> None:
    """Log an error that does not stop the grading."""
    logger.warning("nonfatal error", error=type(error).__name__)


def log_marking_failure(error: Exception) -> None:
    """Log that one answer went to review because its marking failed. Only the error's type: its text may hold the
    answer."""
    logger.error("an answer could not be marked", error=type(error).__name__)


def add_grading_metrics(state: ExecutionState, outcome: GradingOutcome) -> None:
    """The durations of the submission's steps and the cost of its marking; numbers only, no identifiers."""
    metrics.add_metric(f"Ended{outcome.state.title().replace('_', '')}", MetricUnit.Count, 1)
    if state.submission.kind.rules.is_graded:
        metrics.add_metric("QuestionsForReview", MetricUnit.Count, outcome.for_review)
        metrics.add_metric("ModelCalls", MetricUnit.Count, outcome.usage.calls)
        metrics.add_metric("ModelDollars", MetricUnit.NoUnit, outcome.usage.cost_usd)
    if state.submission.run > 1:
        return  # parked, resumed or graded again: the time from upload to marks includes waiting
    durations = compute_durations(
        state.submission.received_at, state.reading_result.times, state.storing_result.times, outcome.timeline
    )
    for name, duration in durations.items():
        metrics.add_metric(name, MetricUnit.Milliseconds, duration)
