"""Door after the join: the merged state in, a prepared paper or a graded sheet out; and one answer, marked again."""

from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from core import aws
from core.seal import Seal
from core.settings import settings
from core.submission import Kind, Submission
from core.table import Table
from core.timeline import durations
from grade.freetext import FreeTextMarker
from grade.library import Library
from grade.markers import ForTenant, configured_marker
from grade.model_calls import ModelCalls
from grade.preparing import prepare
from grade.sheets import Graded, grade_sheet

logger = Logger()
metrics = Metrics()
# Of the 29 seconds that an HTTP API waits; what the model has not said by then is open to review.
_SOMEBODY_WAITS = 18.0


@cache
def library() -> Library:
    return Library(aws.client("s3"), settings().documents_bucket)


@cache
def free_text() -> FreeTextMarker:
    return configured_marker(settings(), partial(aws.client, "secretsmanager"), on_fault=answer_failed)


@cache
def free_text_at_once() -> FreeTextMarker:
    """The same marker for somebody who waits for the answer."""
    return configured_marker(
        settings(), partial(aws.client, "secretsmanager"), budget_seconds=_SOMEBODY_WAITS, on_fault=answer_failed
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
@aws.named_errors()
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    return answer_again(event) if event.get("action") == "mark answer" else grade(event)


def answer_again(asked: dict[str, Any]) -> dict[str, Any]:
    """One answer in the words of a teacher who waits for its mark."""
    from grade.correcting import mark_corrected

    logger.append_keys(submission_id=asked["submission"])
    table = Table(aws.client("dynamodb"), settings().table)
    with ModelCalls(table, asked["submission"], asked["run"], on_fault=beside) as calls:
        free_text = ForTenant(free_text_at_once(), table, asked["tenant"], calls.counted)
        made = mark_corrected(asked, library=library(), table=table, free_text=free_text)
    metrics.add_metric("AnswersMarkedAgain", MetricUnit.Count, 1)
    return made


def grade(state: dict[str, Any]) -> dict[str, Any]:
    submission = Submission.from_state(state)
    logger.append_keys(submission_id=submission.id, run=submission.run)
    metrics.add_metric("Deliveries", MetricUnit.Count, 1)
    table = Table(aws.client("dynamodb"), settings().table)
    if submission.kind is Kind.ANSWER_SHEET:
        seal = Seal(settings().identity_secret.encode())
        with ModelCalls(table, submission.id, submission.run, on_fault=beside) as calls:
            marker = ForTenant(free_text(), table, submission.tenant, calls.counted)
            graded = grade_sheet(state, library=library(), table=table, seal=seal, free_text=marker)
    else:
        graded = prepare(state, library=library(), table=table)
    logger.info("graded", kind=submission.kind, state=graded.state)
    measure(state["outcome"], submission, graded)
    return graded.to_state()


def beside(fault: Exception) -> None:
    """Something that marking can do without went wrong."""
    logger.warning("beside the marking", fault=type(fault).__name__)


def answer_failed(fault: Exception) -> None:
    """One answer went to a person because its marking failed; the kind of fault alone, its text may hold the answer."""
    logger.error("an answer could not be marked", fault=type(fault).__name__)


def measure(outcome: dict[str, Any], submission: Submission, graded: Graded) -> None:
    """The submission's own timeline and what its marking cost; numbers alone, and of nobody."""
    metrics.add_metric(f"Ended{graded.state.title().replace('_', '')}", MetricUnit.Count, 1)
    if submission.kind is Kind.ANSWER_SHEET:
        metrics.add_metric("QuestionsForReview", MetricUnit.Count, graded.for_review)
        metrics.add_metric("ModelCalls", MetricUnit.Count, graded.usage.calls)
        metrics.add_metric("ModelDollars", MetricUnit.NoUnit, graded.usage.cost_usd)
    if submission.run > 1:
        return  # parked, resumed or graded again: what lies between its receipt and its marks is waiting
    reading, storing = outcome["reading"]["value"], outcome["persistence"]["stored"]["value"]
    for name, duration in durations(submission.received_at, reading, storing, graded.timeline).items():
        metrics.add_metric(name, MetricUnit.Milliseconds, duration)
