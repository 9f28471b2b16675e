"""Read access to a tenant's records and documents, with teachers' edits applied."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from core.models import errors
from core.models.assessment import QuestionPaper
from core.models.document_kinds import DocumentKind
from core.models.function_requests import MarkAnswerReply, MarkAnswerRequest, RecoverRequest
from core.models.roster import Roster
from core.models.submission import SubmissionState
from core.storage import assessment_repository
from core.storage.encryption import TextCipher
from core.storage.outcome_attributes import Failure
from core.storage.submission_queries import SubmissionItems, list_records
from core.storage.submission_record import MARKED_STATES, SubmissionRecord, Tombstone
from core.storage.table import Table
from results import documents, mark_edits, submission_status
from results.paper_problem import PaperProblem, paper_problem, reason_to_wait


@dataclass(frozen=True, slots=True)
class TenantRecords:
    """The table and the documents bucket of one tenant."""

    tenant: str
    table: Table
    s3: Any
    bucket: str
    cipher: TextCipher

    def status_of(self, items: SubmissionItems) -> dict[str, Any]:
        """A recorded submission's status, with its result or paper if there is one."""
        if isinstance(items.record, Tombstone):
            return submission_status.erased_status(items.record)
        if not isinstance(items.record, SubmissionRecord):
            raise errors.NotFound("There is no submission of this id.")
        record = items.record
        if record.state is SubmissionState.AWAITING_PAPER:
            reason = self.reason_to_wait(record.assessment)
            found = submission_status.status_from_items(record, items, self.cipher)
            return {**found, "reason": reason.to_dict() if reason else None}
        paper = partial(self.paper, record.assessment)
        moderated = mark_edits.moderated_record(record, paper)
        found = submission_status.status_from_items(moderated, items, self.cipher)
        # Without marks of this run, a stored result is the previous run's.
        if moderated.state in MARKED_STATES and record.result_key:
            found["result"] = self._moderated_result(record, paper)
        # A key's `paper_key` is its scheme.
        if record.kind is DocumentKind.QUESTION_PAPER and record.paper_key:
            found["paper"] = documents.read_json(self.s3, self.bucket, record.paper_key)
        return found

    def _moderated_result(self, record: SubmissionRecord, paper: Callable[[], QuestionPaper | None]) -> dict[str, Any]:
        """The result document with the teacher's edits applied."""
        stored = documents.read_json(self.s3, self.bucket, str(record.result_key))
        result = mark_edits.moderated_result(stored, record, paper, self._corrected_questions(record))
        # Marks that later runs use again are internal to grading.
        return {name: value for name, value in result.items() if name != "opinions"}

    def _corrected_questions(self, record: SubmissionRecord) -> dict[str, dict[str, Any]]:
        """Questions whose answer was corrected after this run had marked the sheet, as they were marked again."""
        corrections = mark_edits.current_run_corrections(record)
        if not corrections:
            return {}
        with ThreadPoolExecutor(8) as pool:
            read = partial(documents.read_json, self.s3, self.bucket)
            found = pool.map(read, [correction.key for correction in corrections.values()])
            return {
                question: {name: value for name, value in document.items() if name != "opinions"}
                for question, document in zip(corrections, found, strict=True)
            }

    def paper(self, assessment: str) -> QuestionPaper | None:
        key = self.current_assessment(assessment).paper
        return QuestionPaper.from_dict(documents.read_json(self.s3, self.bucket, key)) if key else None

    def roster(self, assessment: str) -> Roster | None:
        """The current roster, None if there is none."""
        key = self.current_assessment(assessment).roster
        return Roster.from_dict(documents.read_json(self.s3, self.bucket, key)) if key else None

    def records(self, assessment: str) -> list[SubmissionRecord]:
        """The records of an assessment's submissions with teachers' edits applied."""
        return self.moderated_records(assessment, list_records(self.table, self.tenant, assessment))

    def moderated_records(self, assessment: str, records: list[SubmissionRecord]) -> list[SubmissionRecord]:
        """Records with teachers' edits applied. The paper is fetched once, and only if a mark was changed."""
        paper = cache(partial(self.paper, assessment))
        return [mark_edits.moderated_record(record, paper) for record in records]

    def paper_problem(self, assessment: str, current: assessment_repository.AssessmentRecord) -> PaperProblem | None:
        """What is wrong with the question paper that was received last, None if nothing is."""
        return paper_problem(self._papers(assessment), current)

    def reason_to_wait(self, assessment: str) -> Failure | None:
        """Why an assessment's sheets wait for a question paper in vain; None if one may still come."""
        return reason_to_wait(self._papers(assessment), self.current_assessment(assessment))

    def _papers(self, assessment: str) -> list[SubmissionRecord]:
        return list_records(self.table, self.tenant, assessment, DocumentKind.QUESTION_PAPER)

    def current_assessment(self, assessment: str) -> assessment_repository.AssessmentRecord:
        return assessment_repository.load(self.table, self.tenant, assessment)


@dataclass(frozen=True, slots=True)
class TenantContext(TenantRecords):
    """The collaborators of a request that may also change something.

    `user` is named in edit logs. `invoke_recover` invokes `recover` asynchronously; `mark_answer` has `grade` mark one
    answer and waits for the result.
    """

    user: str
    stepfunctions: Any
    state_machine_arn: str
    secret: bytes
    invoke_recover: Callable[[RecoverRequest], None]
    mark_answer: Callable[[MarkAnswerRequest], MarkAnswerReply]
