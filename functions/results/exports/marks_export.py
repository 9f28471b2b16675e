"""Exports of an assessment's marks: CSV, JSON, and the gradebook file of a learning platform."""

from typing import Any

from core.models import errors
from core.models.roster import Roster
from results import assessments
from results.exports.gradebook.export import export_gradebook
from results.exports.gradebook.gradebook_format import GradebookFormat
from results.exports.results_table import ResultsTable, build_table
from results.listed_submissions import list_for_table
from results.tenant_records import TenantContext


def results_csv(context: TenantContext, assessment: str) -> str:
    """The marks of an assessment as CSV."""
    return _load_table(context, assessment, context.roster(assessment)).to_csv()


def results_json(context: TenantContext, assessment: str) -> dict[str, Any]:
    """The same table as JSON."""
    table = _load_table(context, assessment, context.roster(assessment))
    return {"assessment": assessment, **table.to_dict()}


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
    rows = _load_table(context, assessment, roster).rows
    maximum = assessments.maximum_marks(context, assessment)
    return export_gradebook(
        gradebook_format,
        assessment,
        rows,
        roster,
        points=maximum.total if maximum else None,
        leave_out_unknown=leave_out_unknown,
    )


def _load_table(context: TenantContext, assessment: str, roster: Roster | None) -> ResultsTable:
    return build_table(list_for_table(context.records(assessment), context.cipher, roster))
