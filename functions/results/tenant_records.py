"""Read access to a tenant's records and documents, with teachers' changes applied."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from core.models.assessment import QuestionPaper
from core.models.document_kinds import DocumentKind
from core.models.function_requests import MarkAnswerReply, MarkAnswerRequest, RecoverRequest
from core.models.roster import Roster
from core.models.submission import SubmissionState
from core.storage import assessment_repository
from core.storage.encryption import TextCipher
from core.storage.table import RECORD_SK, Item, Table
from results import documents, submission_status, teacher_changes
from results.paper_problem import paper_problem, reason_to_wait


@dataclass(frozen=True, slots=True)
class TenantRecords:
    """The table and the documents bucket of one tenant."""

    tenant: str
    table: Table
    s3: Any
    bucket: str
    cipher: TextCipher

    def status_of(self, items: Mapping[str, Item]) -> dict[str, Any]:
        """A recorded submission's status, with its result or paper if there is one; `items` by sort key."""
        record = items[RECORD_SK]
        if record["state"] == SubmissionState.AWAITING_PAPER:
            return {
                **submission_status.status_from_items(items, self.cipher),
                "reason": self.reason_to_wait(record["assessment"]),
            }
        paper = partial(self.paper, record["assessment"])
        found = submission_status.status_from_items(
            {**items, RECORD_SK: teacher_changes.moderated_record(record, paper)}, self.cipher
        )
        # Without marks of this run, a stored result is the previous run's. A key's `paper_key` is its scheme.
        included = {
            "result": found["state"] in submission_status.MARKED_STATES,
            "paper": record["kind"] == DocumentKind.QUESTION_PAPER,
        }
        for name, is_included in included.items():
            if is_included and record.get(f"{name}_key"):
                found[name] = documents.read_json(self.s3, self.bucket, record[f"{name}_key"])
        if found["result"]:
            found["result"] = teacher_changes.moderated_result(
                found["result"], record, paper, self._corrected_questions(record)
            )
            # Internal to grading.
            found["result"].pop("opinions", None)
        return found

    def _corrected_questions(self, record: Item) -> dict[str, dict[str, Any]]:
        """Questions whose answer was corrected after this run had marked the sheet, as they were marked again."""
        corrections = teacher_changes.current_run_corrections(record)
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

    def moderated_records(self, assessment: str, records: list[Item]) -> list[Item]:
        """Records with teachers' changes applied. The paper is fetched once, and only if a mark was changed."""
        paper = cache(partial(self.paper, assessment))
        return [teacher_changes.moderated_record(record, paper) for record in records]

    def paper_problem(self, assessment: str, current: assessment_repository.AssessmentRecord) -> dict[str, Any] | None:
        """What is wrong with the question paper that was received last, None if nothing is."""
        return paper_problem(
            self.table.query_by_assessment(self.tenant, assessment, DocumentKind.QUESTION_PAPER), current
        )

    def reason_to_wait(self, assessment: str) -> dict[str, Any] | None:
        """Why an assessment's sheets wait for a question paper in vain; None if one may still come."""
        papers = self.table.query_by_assessment(self.tenant, assessment, DocumentKind.QUESTION_PAPER)
        return reason_to_wait(papers, self.current_assessment(assessment))

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
