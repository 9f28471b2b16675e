"""What a teacher stores for an assessment: a corrected paper, a marking scheme, a roster."""

import json
from typing import Any

from core.models import errors
from core.models.assessment import MarkingScheme, QuestionPaper
from core.models.function_requests import ReleaseRequest, ResumeRequest
from core.models.result import ReviewReason
from core.models.roster import Roster, roster_key
from core.models.submission import SubmissionState, keyed_hash
from core.platform.clock import now
from core.storage import assessment_repository
from core.storage.submission_queries import list_records
from core.storage.table import ConditionFailed
from results import assessments, documents
from results.paper_correction import parse_corrected_paper
from results.tenant_records import TenantContext

_MAX_ATTEMPTS = 5
_CHANGED_MESSAGE = "The assessment has changed since it was looked at. Fetch it again, then change it."


def put_paper(context: TenantContext, assessment: str, body: str, *, expected_revision: int | None) -> dict[str, Any]:
    """Store a corrected question tree and have the sheets graded against it.

    `expected_revision` is the revision that the teacher looked at; None accepts any.

    Raises
    ------
    InvalidPaper
    ChangedMeanwhile
        The assessment no longer has the expected revision, or kept changing during the attempts.
    """
    for _ in range(_MAX_ATTEMPTS):
        current = assessment_repository.load(context.table, context.tenant, assessment)
        if expected_revision is not None and expected_revision != current.revision:
            break
        current_document = documents.read_json(context.s3, context.bucket, current.paper) if current.paper else None
        paper = parse_corrected_paper(body, QuestionPaper.from_dict(current_document) if current_document else None)
        read = current.originals.get("paper")
        # Under the key of the paper that it corrects, so that it is erased with it.
        key = _store_document(context, assessment, "paper", paper.to_dict(), corrected_key=read)
        document = {"key": key, "received_at": current.paper_received_at or now(), "by": context.user}
        document |= {"corrects": read} if read else {}
        assessment_repository.register_assessment(context.table, context.tenant, assessment)
        try:
            assessment_repository.set_document(
                context.table, context.tenant, assessment, "paper", document, expected_revision=current.revision
            )
        except ConditionFailed:
            # The assessment changed since it was loaded.
            continue
        _request_release(context, assessment)
        response = {"assessment": assessment, "revision": current.revision + 1, "paper": paper.to_dict()}
        # A mark stated by the marking scheme takes precedence over the paper's.
        maximum = assessments.maximum_marks(context, assessment)
        return {**response, "maximum_marks": maximum.to_dict() if maximum else None}
    raise errors.ChangedMeanwhile(_CHANGED_MESSAGE)


def put_scheme(
    context: TenantContext, assessment: str, scheme: MarkingScheme, *, expected_revision: int | None
) -> dict[str, Any]:
    """Store a parsed marking scheme and have the sheets graded against it.

    Raises
    ------
    ChangedMeanwhile
        The assessment does not have the expected revision.
    """
    key = _store_document(context, assessment, "scheme", scheme.to_dict())
    assessment_repository.register_assessment(context.table, context.tenant, assessment)
    at = now()
    if expected_revision is None:
        assessment_repository.set_document_if_newer(
            context.table, context.tenant, assessment, "scheme", key=key, received_at=at
        )
    else:
        try:
            document = {"key": key, "received_at": at}
            assessment_repository.set_document(
                context.table, context.tenant, assessment, "scheme", document, expected_revision=expected_revision
            )
        except ConditionFailed:
            raise errors.ChangedMeanwhile(_CHANGED_MESSAGE) from None
    # Also if the scheme was already stored: this may be the retry of a request whose release was lost.
    _request_release(context, assessment)
    return {"assessment": assessment, "entries": len(scheme.entries), "warnings": list(scheme.warnings)}


def put_roster(context: TenantContext, assessment: str, roster: Roster | None) -> dict[str, Any]:
    """Store an assessment's roster; None removes it. Sheets of an unknown student are graded again, so that they can
    be matched with the new roster."""
    key = roster_key(context.tenant, assessment)
    body = json.dumps((roster or Roster(())).to_dict(), ensure_ascii=False).encode()
    context.s3.put_object(Bucket=context.bucket, Key=key, Body=body, ContentType="application/json")
    assessment_repository.register_assessment(context.table, context.tenant, assessment)
    assessment_repository.set_roster(context.table, context.tenant, assessment, key if roster else None)
    unknown = [
        record.id
        for record in list_records(context.table, context.tenant, assessment)
        if ReviewReason.UNKNOWN_STUDENT in (record.review or ()) and record.state is SubmissionState.NEEDS_REVIEW
    ]
    if unknown and roster:
        context.invoke_recover(ResumeRequest(tuple(unknown)))
    return {"assessment": assessment, "students": len(roster.students) if roster else 0, "again": len(unknown)}


def _store_document(
    context: TenantContext,
    assessment: str,
    slot: assessment_repository.Slot,
    document: dict[str, Any],
    *,
    corrected_key: str | None = None,
) -> str:
    """Write a document under a hash of its content; returns its key."""
    body = json.dumps(document, ensure_ascii=False, sort_keys=True)
    name = keyed_hash(context.secret, slot, body)
    key = assessment_repository.assessment_document_key(context.tenant, assessment, slot, name)
    if corrected_key is not None:
        key = f"{corrected_key.removesuffix('.json')}-{name}.json"
    context.s3.put_object(Bucket=context.bucket, Key=key, Body=body.encode(), ContentType="application/json")
    return key


def _request_release(context: TenantContext, assessment: str) -> None:
    context.invoke_recover(ReleaseRequest(context.tenant, assessment))
