"""What people put on an assessment's shelf themselves: a corrected paper, a marking scheme, a roster."""

import json
from typing import Any

from core import errors, shelf
from core.assessment import QuestionPaper
from core.clock import now
from core.result import ReviewReason
from core.roster import Roster, roster_key
from core.submission import State, keyed_hash
from core.table import ConditionFailed, submission_pk
from results import documents
from results.desk import Desk
from results.papers import parse_paper

_TRIES = 5
_MEANWHILE = "The assessment has changed since it was looked at. Fetch it again, then change it."


def put_paper(desk: Desk, assessment: str, body: str, *, by: str, seen: int | None) -> dict[str, Any]:
    """Let a corrected question tree count, and have the sheets graded against it. `seen`: the revision looked at, None
    where that does not matter.

    Raises
    ------
    InvalidPaper
    ChangedMeanwhile
    """
    for _ in range(_TRIES):
        current = shelf.load(desk.table, desk.tenant, assessment)
        if seen is not None and seen != current.revision:
            break
        standing = documents.read(desk.s3, desk.bucket, current.paper) if current.paper else None
        paper = parse_paper(body, QuestionPaper.from_dict(standing) if standing else None)
        read = current.paper_read or current.paper
        # Beside the paper that it corrects: erased with it.
        key = _keep(desk, assessment, "paper", paper.to_dict(), beside=read)
        document = {"key": key, "received_at": current.paper_received_at or now(), "by": by}
        document |= {"corrects": read} if read else {}
        shelf.enlist(desk.table, desk.tenant, assessment)
        try:
            shelf.put(desk.table, desk.tenant, assessment, "paper", document, seen=current.revision)
        except ConditionFailed:
            # Something else came to the shelf in this moment.
            continue
        _release(desk, assessment)
        kept = {"assessment": assessment, "revision": current.revision + 1, "paper": paper.to_dict()}
        # Where the marking scheme states a mark of its own, the paper's is not the one that counts.
        return {**kept, "maximum_marks": desk.maximum_marks(assessment)}
    raise errors.ChangedMeanwhile(_MEANWHILE)


def put_scheme(desk: Desk, assessment: str, scheme: dict[str, Any], *, seen: int | None) -> dict[str, Any]:
    """Keep a parsed marking scheme and have the sheets graded against it.

    Raises
    ------
    ChangedMeanwhile
    """
    key = _keep(desk, assessment, "scheme", scheme)
    shelf.enlist(desk.table, desk.tenant, assessment)
    at = now()
    if seen is None:
        shelf.place(desk.table, desk.tenant, assessment, "scheme", key=key, received_at=at)
    else:
        try:
            document = {"key": key, "received_at": at}
            shelf.put(desk.table, desk.tenant, assessment, "scheme", document, seen=seen)
        except ConditionFailed:
            raise errors.ChangedMeanwhile(_MEANWHILE) from None
    # Also where it stood already: this may be the retry of a request whose release was lost.
    _release(desk, assessment)
    return {"assessment": assessment, "entries": len(scheme["entries"]), "warnings": scheme["warnings"]}


def put_roster(desk: Desk, assessment: str, roster: Roster | None) -> dict[str, Any]:
    """Keep who sits an assessment (None: nobody is listed any more). Sheets of an unknown student are graded
    again, so that they find theirs."""
    key = roster_key(desk.tenant, assessment)
    body = json.dumps((roster or Roster(())).to_dict(), ensure_ascii=False).encode()
    desk.s3.put_object(Bucket=desk.bucket, Key=key, Body=body, ContentType="application/json")
    shelf.enlist(desk.table, desk.tenant, assessment)
    shelf.place_roster(desk.table, desk.tenant, assessment, key if roster else None)
    unknown = [
        record["pk"].removeprefix(submission_pk(""))
        for record in desk.table.by_assessment(desk.tenant, assessment)
        if ReviewReason.UNKNOWN_STUDENT in record.get("review", ()) and record["state"] == State.NEEDS_REVIEW
    ]
    if unknown and roster:
        desk.recover({"action": "resume", "submissions": unknown})
    return {"assessment": assessment, "students": len(roster.students) if roster else 0, "again": len(unknown)}


def _keep(desk: Desk, assessment: str, slot: shelf.Slot, document: dict[str, Any], *, beside: str | None = None) -> str:
    """Write a document under its own content's name; its key."""
    body = json.dumps(document, ensure_ascii=False, sort_keys=True)
    name = keyed_hash(desk.secret, slot, body)
    key = shelf.document_key(desk.tenant, assessment, slot, name)
    if beside is not None:
        key = f"{beside.removesuffix('.json')}-{name}.json"
    desk.s3.put_object(Bucket=desk.bucket, Key=key, Body=body.encode(), ContentType="application/json")
    return key


def _release(desk: Desk, assessment: str) -> None:
    desk.recover({"action": "release", "tenant": desk.tenant, "assessment": assessment})
