"""A tenant's assessments: the overview, the lists, the publication, the comparison with the roster."""

import json
from collections import Counter
from functools import partial
from typing import Any

from core.models import errors
from core.models.assessment import MarkingScheme, QuestionPaper
from core.models.submission import SubmissionState, keyed_hash
from core.storage import assessment_repository
from core.storage.assessment_repository import AssessmentRecord
from core.storage.submission_queries import list_records_page
from core.storage.submission_record import SubmissionRecord
from results import documents, marking_scheme, publication, roster_comparison, submission_status
from results.listed_submissions import list_for_table
from results.marking_scheme import MaximumMarks
from results.tenant_records import TenantContext


def list_assessments(context: TenantContext) -> list[dict[str, Any]]:
    """The tenant's assessments, sorted by name."""
    return [{"id": name} for name in assessment_repository.list_assessments(context.table, context.tenant)]


def get_overview(context: TenantContext, assessment: str) -> dict[str, Any]:
    """The current paper and scheme, and the number of submissions in each state. Raises NotFound."""
    current = context.current_assessment(assessment)
    records = context.records(assessment)
    if not records and current.revision == 0:
        raise errors.NotFound("There is no assessment of this name.")

    paper, schemes = _load_paper_and_schemes(context, current)
    maximum, warnings = marking_scheme.maximum_marks(schemes, paper)
    scheme = marking_scheme.merged_scheme(schemes, paper, warnings)
    problem = context.paper_problem(assessment, current)
    return {
        "id": assessment,
        "paper": paper.to_dict() if paper else None,
        "scheme": scheme.to_dict() if scheme else None,
        "maximum_marks": maximum.to_dict() if maximum else None,
        "revision": current.revision,
        "paper_corrected_by": current.paper_by,
        "paper_problem": problem.to_dict() if problem else None,
        "students": len(roster.students) if (roster := context.roster(assessment)) else None,
        "counts": dict(Counter(record.state.value for record in records)),
        **publication.publication_status(current, _count_changed(context, current, records)),
    }


def maximum_marks(context: TenantContext, assessment: str) -> MaximumMarks | None:
    """The current maximum marks of each question, None without a paper."""
    paper, schemes = _load_paper_and_schemes(context, context.current_assessment(assessment))
    return marking_scheme.maximum_marks(schemes, paper)[0]


def _load_paper_and_schemes(
    context: TenantContext, current: AssessmentRecord
) -> tuple[QuestionPaper | None, list[MarkingScheme]]:
    """The current paper, None if there is none; the answer key and the marking scheme, as far as they are there."""
    read = partial(documents.read_json, context.s3, context.bucket)
    paper = QuestionPaper.from_dict(read(current.paper)) if current.paper else None
    return paper, [MarkingScheme.from_dict(read(key)) for key in (current.key_document, current.scheme) if key]


def list_submissions(
    context: TenantContext, assessment: str, *, limit: int, after: str
) -> tuple[list[dict[str, Any]], str]:
    """At most `limit` submissions by kind, then oldest first, without results and branches; and the next cursor.

    The cursor is "" after the last page.
    """
    records, last = list_records_page(context.table, context.tenant, assessment, limit=limit, after=after)
    found = [
        submission_status.list_entry(record, context.cipher)
        for record in context.moderated_records(assessment, records)
    ]
    waiting = [one for one in found if one["state"] == SubmissionState.AWAITING_PAPER]
    if waiting:
        reason = context.reason_to_wait(assessment)
        for one in waiting:
            one["reason"] = reason.to_dict() if reason else None
    return roster_comparison.with_roster_names(found, context.roster(assessment)), last


def compare_roster(context: TenantContext, assessment: str) -> dict[str, Any]:
    """The roster compared with the sheets (`roster_comparison`). Raises NotFound if there is no roster."""
    roster = context.roster(assessment)
    if roster is None:
        raise errors.NotFound("This assessment has no class list.")
    listed = list_for_table(context.records(assessment), context.cipher, roster)
    return {"assessment": assessment, **roster_comparison.compare_with_roster(listed, roster)}


def publish(context: TenantContext, assessment: str, *, published: bool) -> dict[str, Any]:
    """Publish an assessment's marks, or unpublish them. Raises NotFound."""
    records = context.records(assessment)
    if not records and context.current_assessment(assessment).revision == 0:
        raise errors.NotFound("There is no assessment of this name.")
    marks = _store_fingerprints(context, assessment, records) if published else None
    assessment_repository.set_publication(
        context.table, context.tenant, assessment, published=published, by=context.user, marks=marks
    )
    current = context.current_assessment(assessment)
    return {
        "assessment": assessment,
        **publication.publication_status(current, _count_changed(context, current, records)),
    }


def _store_fingerprints(context: TenantContext, assessment: str, records: list[SubmissionRecord]) -> str:
    """Store the fingerprints of the published marks; returns the document's key."""
    body = json.dumps({"sheets": publication.fingerprints(context.secret, records)})
    name = keyed_hash(context.secret, "publication", body)
    key = assessment_repository.assessment_document_key(context.tenant, assessment, "publication", name)
    context.s3.put_object(Bucket=context.bucket, Key=key, Body=body.encode(), ContentType="application/json")
    return key


def _count_changed(context: TenantContext, current: AssessmentRecord, records: list[SubmissionRecord]) -> int | None:
    """How many sheets have changed since the publication; None if the marks are not published."""
    if current.published_at is None:
        return None
    if current.published_marks is None:
        return publication.count_changed_after(current.published_at, records)
    published = documents.read_json(context.s3, context.bucket, current.published_marks)
    return len(set(publication.fingerprints(context.secret, records)) - set(published["sheets"]))
