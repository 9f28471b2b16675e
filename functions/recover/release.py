"""Release of sheets: start a new run of every sheet that waits for its question paper, of every sheet graded against
an older revision of the assessment, and of every answer key that yielded nothing because its paper was missing."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from core.models.document_kinds import DocumentKind
from core.models.submission import Submission, SubmissionState
from core.storage import assessment_repository, submission_repository
from core.storage.submission_queries import list_records, load_record
from core.storage.submission_record import MARKED_STATES, RepeatUpload, SubmissionRecord
from recover.lifecycle_context import LifecycleContext
from recover.reruns import RESERVED_SECONDS, start_next_run

# StartExecution and the claims wait for the network, so threads help.
_MAX_WORKERS = 8
# The most runs that one call starts; the state machine calls again for the rest.
BATCH_SIZE = 400
# States that may be out of date in the index, which is eventually consistent.
_UNSETTLED_STATES = (SubmissionState.READING, SubmissionState.AWAITING_PAPER)
_RERUN_KINDS = tuple(kind for kind in DocumentKind if kind.rules.needs_paper)
# The value of `after` at the start of a release, and again once nothing is left.
END_OF_BATCHES = ""


@dataclass(frozen=True, slots=True)
class ReleaseProgress:
    """Progress of a release. `after` is the last id that was processed, `END_OF_BATCHES` at the end; `revision` is the
    assessment's revision when the release began."""

    released: int
    after: str
    revision: int

    def to_state(self) -> dict[str, Any]:
        return {"released": self.released, "after": self.after, "revision": self.revision}


def park_submission(submission: Submission, lifecycle: LifecycleContext) -> SubmissionState:
    """Record that a sheet waits for its question paper; start its next run at once if the paper has just arrived."""
    state = submission_repository.write_terminal_state(lifecycle.table, submission, SubmissionState.AWAITING_PAPER)
    if state is not SubmissionState.AWAITING_PAPER:
        return state
    assessment_repository.park_sheet(lifecycle.table, submission.tenant, submission.assessment, submission.id)
    # The paper's release may have listed the parked sheets just before this one was written.
    if assessment_repository.load(lifecycle.table, submission.tenant, submission.assessment).paper is not None:
        start_next_run(submission.id, lifecycle, is_parked)
    return state


def rerun_if_outdated(submission_id: str, lifecycle: LifecycleContext) -> bool:
    """Start another run of a sheet or key if the assessment changed between its grading and its terminal state.

    Returns whether a run was started.
    """
    found = load_record(lifecycle.table, submission_id)
    if not isinstance(found, SubmissionRecord) or found.kind not in _RERUN_KINDS:
        return False
    current = assessment_repository.load(lifecycle.table, found.tenant, found.assessment)
    if current.paper is None or not needs_rerun(found, current.revision):
        return False
    return start_next_run(submission_id, lifecycle, lambda record: needs_rerun(record, current.revision))


def release(
    tenant: str, assessment: str, lifecycle: LifecycleContext, *, after: str = END_OF_BATCHES, revision: int = 0
) -> ReleaseProgress:
    """Start one batch of the runs that an assessment needs (see the module).

    Batches follow the order of the ids and begin after the id `after`; `revision` is the one that the previous batch
    returned. Safe to repeat: a run is claimed once and started by name.
    """
    current = assessment_repository.load(lifecycle.table, tenant, assessment)
    first = revision if after != END_OF_BATCHES else current.revision
    ids = sorted(_find_candidates(tenant, assessment, current, lifecycle)) if current.paper is not None else []
    remaining = [submission_id for submission_id in ids if submission_id > after]
    count = done = 0
    while done < len(remaining):
        if done and (done >= BATCH_SIZE or lifecycle.seconds_left() < RESERVED_SECONDS):
            return ReleaseProgress(count, remaining[done - 1], first)
        count += _start_runs(remaining[done : done + _MAX_WORKERS], current.revision, lifecycle)
        done += _MAX_WORKERS
    assessment_repository.clear_pending_release(lifecycle.table, tenant, assessment, revision=first)
    return ReleaseProgress(count, END_OF_BATCHES, first)


def release_all(tenant: str, assessment: str, lifecycle: LifecycleContext) -> ReleaseProgress:
    """Release batch after batch while this call has time; the rest stays pending for the sweep."""
    done = release(tenant, assessment, lifecycle)
    while done.after != END_OF_BATCHES and lifecycle.seconds_left() > RESERVED_SECONDS:
        more = release(tenant, assessment, lifecycle, after=done.after, revision=done.revision)
        done = ReleaseProgress(done.released + more.released, more.after, more.revision)
    return done


def receive_again(submission_id: str, received_at: str, lifecycle: LifecycleContext) -> SubmissionState | None:
    """Handle a repeated upload of the same content: it becomes the newest attempt again, or the paper that counts.

    Returns the submission's state, None if there is no record.
    """
    found = submission_repository.record_repeat_upload(lifecycle.table, submission_id, received_at)
    if found is None or isinstance(found, RepeatUpload):
        return None
    if found.state is not SubmissionState.READY:
        return found.state
    slot = found.kind.rules.slot
    if slot is not None and found.paper_key is not None:
        assessment_repository.set_document_if_newer(
            lifecycle.table,
            found.tenant,
            found.assessment,
            slot,
            key=found.paper_key,
            received_at=found.last_received_at,
        )
    release_all(found.tenant, found.assessment, lifecycle)
    return SubmissionState.READY


def _find_candidates(
    tenant: str, assessment: str, current: assessment_repository.AssessmentRecord, lifecycle: LifecycleContext
) -> set[str]:
    """Ids that may need another run. The index is eventually consistent: the record, read consistently, decides."""
    parked = assessment_repository.list_parked_sheets(lifecycle.table, tenant, assessment)
    return set(parked) | {
        record.id
        for record in list_records(lifecycle.table, tenant, assessment)
        if record.kind in _RERUN_KINDS and (record.state in _UNSETTLED_STATES or needs_rerun(record, current.revision))
    }


def _start_runs(ids: list[str], revision: int, lifecycle: LifecycleContext) -> int:
    with ThreadPoolExecutor(_MAX_WORKERS) as pool:
        return sum(
            pool.map(lambda one: start_next_run(one, lifecycle, lambda record: needs_rerun(record, revision)), ids)
        )


def is_parked(record: SubmissionRecord) -> bool:
    return record.state is SubmissionState.AWAITING_PAPER


def needs_rerun(record: SubmissionRecord, revision: int) -> bool:
    """Whether a sheet waits for its paper or was graded against an older revision; for a document of the assessment,
    whether nothing was found in it because its paper was missing."""
    if not record.kind.rules.is_graded:
        return record.state is SubmissionState.REJECTED and bool(record.before_paper)
    return is_parked(record) or (record.state in MARKED_STATES and (record.revision or 0) < revision)
