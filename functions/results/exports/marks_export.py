"""Exports of an assessment's marks: CSV, JSON, and the gradebook file of a learning platform."""

from typing import Any

from core.models import errors
from core.models.roster import Roster
from core.storage.outcome_attributes import QuestionSummary
from results import assessments, roster_comparison, submission_status
from results.exports import results_table
from results.exports.gradebook.export import export_gradebook
from results.exports.gradebook.gradebook_format import GradebookFormat
from results.tenant_records import TenantContext


def results_csv(context: TenantContext, assessment: str) -> str:
    """The marks of an assessment as CSV."""
    return results_table.to_csv(*_load_marks(context, assessment, context.roster(assessment)))


def results_json(context: TenantContext, assessment: str) -> dict[str, Any]:
    """The same table as JSON."""
    ids, rows = results_table.build_table(*_load_marks(context, assessment, context.roster(assessment)))
    return {"assessment": assessment, "questions": ids, "sheets": rows}


def gradebook_csv(
    context: TenantContext,
    assessment: str,
    gradebook_format: GradebookFormat,
    *,
    draft: bool,
    leave_out_unknown: bool = False,
) -> str:
    """The marks of an assessment as a learning platform imports them.

    `leave_out_unknown` leaves out the sheets that match no student on the roster, which are an error otherwise.

    Raises
    ------
    NotPublished
        The marks are not published, and no draft was requested.
    GradebookIncomplete
    """
    current = context.current_assessment(assessment)
    if current.published_at is None and not draft:
        raise errors.NotPublished("The marks are not published yet. Publish them, or ask for a draft (draft=true).")
    roster = context.roster(assessment)
    rows = results_table.build_table(*_load_marks(context, assessment, roster))[1]
    maximum = assessments.maximum_marks(context, assessment)
    return export_gradebook(
        gradebook_format,
        assessment,
        rows,
        roster,
        points=maximum.total if maximum else None,
        leave_out_unknown=leave_out_unknown,
    )


def _load_marks(
    context: TenantContext, assessment: str, roster: Roster | None
) -> tuple[list[dict[str, Any]], dict[str, tuple[QuestionSummary, ...]]]:
    """The statuses of an assessment's submissions, and the questions of each marked sheet by submission."""
    records = context.records(assessment)
    marks = {record.id: record.question_marks or () for record in records if record.has_marks}
    listed = [submission_status.status_from_record(record, context.cipher) for record in records]
    return roster_comparison.with_roster_names(listed, roster), marks
