"""What people ask about submissions and assessments, answered for one tenant."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.models import errors
from core.models.roster import Roster
from core.models.submission import SubmissionState, keyed_hash
from core.platform.clock import now
from core.storage import assessment_repository, tenant_repository
from core.storage.corrections import Correction, corrections_from_record
from core.storage.submission_repository import submission_from_record
from core.storage.table import RECORD_SK, Item
from core.storage.tombstones import write_tombstone
from results import (
    documents,
    marking_scheme,
    moderation,
    publication,
    roster_comparison,
    submission_status,
    transcript_pagination,
)
from results.exports import gradebook_formats, results_table
from results.tenant_records import TenantRecords

_POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class AssessmentService(TenantRecords):
    """One tenant's desk: its records, the state machine, and how recovering is asked for and the marking of one
    answer."""

    stepfunctions: Any
    state_machine_arn: str
    secret: bytes
    invoke_recover: Callable[[dict[str, Any]], None]
    mark_answer: Callable[[dict[str, Any]], dict[str, Any]]

    def submission(self, submission_id: str, *, wait_seconds: float = 0) -> dict[str, Any]:
        """A submission's status, with its result or paper once it is there; waits for an ending if asked to.

        Raises
        ------
        NotFound
        """
        until = time.monotonic() + wait_seconds
        while True:
            found = self._status(submission_id)
            if found is None:
                raise errors.NotFound("There is no submission of this id.")
            if submission_status.has_ended(found) or time.monotonic() >= until:
                return roster_comparison.with_roster_names([found], self.roster(found["assessment"]))[0]
            time.sleep(_POLL_SECONDS)

    def _status(self, submission_id: str) -> dict[str, Any] | None:
        items = submission_status.find_items(self.table, submission_id, self.tenant)
        if items is None:
            return submission_status.status_from_execution(
                self.stepfunctions, self.state_machine_arn, submission_id, self.tenant
            )
        return self.status_of(items)

    def change_mark(
        self, submission_id: str, question: str, marks: float | None, *, by: str, expected_edition: str | None
    ) -> None:
        """Set a question's mark, or with None let the machine's count again. `seen`: the edition looked at.

        Raises
        ------
        NotFound, NotMarked, InvalidMark, ChangedMeanwhile
        """
        items = submission_status.find_items(self.table, submission_id, self.tenant)
        if items is None:
            raise errors.NotFound("There is no submission of this id.")
        moderation.change_mark(self.table, items[RECORD_SK], question, marks, by=by, expected_edition=expected_edition)

    def correct_answer_text(
        self, submission_id: str, question: str, answer: str | None, *, by: str, expected_edition: str | None
    ) -> None:
        """Let an answer be marked in a teacher's words, or with None in the machine's own again.

        A mark that a person has set stays: the machine's, made anew, stands beside it.

        Raises
        ------
        NotFound, NotMarked, ChangedMeanwhile
        ServiceUnavailable
            It could not be marked just now; nothing has changed.
        """
        items = submission_status.find_items(self.table, submission_id, self.tenant)
        if items is None:
            raise errors.NotFound("There is no submission of this id.")
        record = items[RECORD_SK]
        moderation.find_editable_question(record, question, expected_edition)
        if answer is None:
            correction_in_force = corrections_from_record(record).get(question)
            if correction_in_force is None:
                return
            if correction_in_force.run == record["run"]:
                moderation.remove_correction(self.table, record, question, by=by)
                return
            # A later run has marked the teacher's words: the machine's are marked like any others.
            answer = str(documents.read_json(self.s3, self.bucket, correction_in_force.key)["read_as"])
        request = {"submission": submission_id, "run": int(record["run"]), "tenant": self.tenant}
        marked = self.mark_answer({**request, "question": question, "answer": answer})
        correction = Correction(
            key=marked["key"],
            marks=marked["marks"],
            review=tuple(marked["review"]),
            answered=marked["answered"],
            by=by,
            at=now(),
            run=int(record["run"]),
        )
        moderation.save_correction(self.table, record, question, correction)

    def erase(self, submission_id: str) -> None:
        """Put a tombstone in the submission's place, at once; everything behind it goes a moment later.

        Also where one stands already: this may be the retry of a request whose second half was lost.

        Raises
        ------
        NotFound
        """
        items = submission_status.find_items(self.table, submission_id, self.tenant)
        record = (items or {}).get(RECORD_SK)
        if record is None or "erased_at" not in record:
            submission = (
                submission_from_record(record)
                if record
                else submission_status.find_started_submission(
                    self.stepfunctions, self.state_machine_arn, submission_id, self.tenant
                )
            )
            if submission is None:
                raise errors.NotFound("There is no submission of this id.")
            write_tombstone(self.table, submission, items or {})
        self.invoke_recover({"action": "erase", "submission": submission_id})

    def transcript(self, submission_id: str, *, first: int) -> dict[str, Any]:
        """What was read of a submission, from page `first` on, as far as an answer carries it. Raises NotFound before
        it has been read."""
        items = submission_status.find_items(self.table, submission_id, self.tenant) or {}
        key = items.get(RECORD_SK, {}).get("transcript_key")
        if not key:
            raise errors.NotFound("There is no transcript of this submission (yet).")
        return transcript_pagination.paginate_transcript(documents.read_json(self.s3, self.bucket, key), first)

    def assessment(self, assessment: str) -> dict[str, Any]:
        """The paper and scheme that count now, and how many submissions stand where."""
        current = self.current_assessment(assessment)
        records = self.moderated_records(assessment, self.table.query_by_assessment(self.tenant, assessment))
        if not records and current.revision == 0:
            raise errors.NotFound("There is no assessment of this name.")

        paper, key, scheme = self._documents(current)
        maximum, warnings = marking_scheme.maximum_marks(key, scheme, paper)
        return {
            "id": assessment,
            "paper": paper,
            "scheme": marking_scheme.merged_scheme(key, scheme, paper, warnings),
            "maximum_marks": maximum,
            "revision": current.revision,
            "paper_corrected_by": current.paper_by,
            "paper_problem": self.paper_problem(assessment, current),
            "students": len(roster.students) if (roster := self.roster(assessment)) else None,
            "counts": dict(Counter(record["state"] for record in records)),
            **publication.publication_status(current, self._changed_since(current, records)),
        }

    def maximum_marks(self, assessment: str) -> dict[str, Any] | None:
        """What each question is worth now (`schemes.maximum_marks`), None without a paper."""
        paper, key, scheme = self._documents(self.current_assessment(assessment))
        return marking_scheme.maximum_marks(key, scheme, paper)[0]

    def _documents(self, current: assessment_repository.AssessmentRecord) -> list[Any]:
        """The paper, the key document and the scheme that count, each None where it is not there."""
        keys = (current.paper, current.key_document, current.scheme)
        return [documents.read_json(self.s3, self.bucket, key) if key else None for key in keys]

    def publish(self, assessment: str, *, published: bool, by: str) -> dict[str, Any]:
        """Give an assessment's marks out, or hold them again. Raises NotFound."""
        records = self.moderated_records(assessment, self.table.query_by_assessment(self.tenant, assessment))
        if not records and self.current_assessment(assessment).revision == 0:
            raise errors.NotFound("There is no assessment of this name.")
        marks = self._store_published_marks(assessment, records) if published else None
        assessment_repository.set_publication(
            self.table, self.tenant, assessment, published=published, by=by, marks=marks
        )
        current = self.current_assessment(assessment)
        return {
            "assessment": assessment,
            **publication.publication_status(current, self._changed_since(current, records)),
        }

    def _store_published_marks(self, assessment: str, records: list[Item]) -> str:
        """Write down which marks are given out; its key."""
        body = json.dumps({"sheets": publication.fingerprints(self.secret, records)})
        name = keyed_hash(self.secret, "publication", body)
        key = assessment_repository.assessment_document_key(self.tenant, assessment, "publication", name)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body.encode(), ContentType="application/json")
        return key

    def _changed_since(self, current: assessment_repository.AssessmentRecord, records: list[Item]) -> int | None:
        if current.published_at is None:
            return None
        if current.published_marks is None:
            return publication.count_changed_after(current.published_at, records)
        published = documents.read_json(self.s3, self.bucket, current.published_marks)
        return len(set(publication.fingerprints(self.secret, records)) - set(published["sheets"]))

    def gradebook(
        self, assessment: str, platform: gradebook_formats.Platform, *, draft: bool, leave_out_unknown: bool = False
    ) -> str:
        """The marks of an assessment as a platform imports them. `leave_out_unknown`: without the sheets that are
        nobody's on the class list, which are a fault otherwise.

        Raises
        ------
        NotPublished
            The marks are held, and no draft was asked for.
        GradebookIncomplete
        """
        current = self.current_assessment(assessment)
        if current.published_at is None and not draft:
            raise errors.NotPublished("The marks are not published yet. Publish them, or ask for a draft (draft=true).")
        roster = self.roster(assessment)
        rows = results_table.build_table(*self._marks(assessment, roster))[1]
        maximum = self.maximum_marks(assessment)
        return gradebook_formats.export_gradebook(
            platform,
            assessment,
            rows,
            roster,
            points=maximum["total"] if maximum else None,
            leave_out_unknown=leave_out_unknown,
        )

    def compare_roster(self, assessment: str) -> dict[str, Any]:
        """The class list beside the sheets (`class_list.compared`). Raises NotFound where there is no list."""
        roster = self.roster(assessment)
        if roster is None:
            raise errors.NotFound("This assessment has no class list.")
        records = self.moderated_records(assessment, self.table.query_by_assessment(self.tenant, assessment))
        listed = [submission_status.status_from_items({RECORD_SK: record}, self.cipher) for record in records]
        return {
            "assessment": assessment,
            **roster_comparison.compare_with_roster(roster_comparison.with_roster_names(listed, roster), roster),
        }

    def assessments(self) -> list[dict[str, Any]]:
        """The tenant's assessments, in the order of their names."""
        return [{"id": name} for name in assessment_repository.list_assessments(self.table, self.tenant)]

    def submissions(self, assessment: str, *, limit: int, after: str) -> tuple[list[dict[str, Any]], str]:
        """At most so many submissions of an assessment, by kind and then oldest first, without results and lanes;
        and where the next ones begin, "" where there are none."""
        records, last = self.table.query_assessment_page(self.tenant, assessment, limit=limit, after=after)
        found = [
            submission_status.list_entry(record, self.cipher) for record in self.moderated_records(assessment, records)
        ]
        waiting = [one for one in found if one["state"] == SubmissionState.AWAITING_PAPER]
        if waiting:
            reason = self.reason_to_wait(assessment)
            for one in waiting:
                one["reason"] = reason
        return roster_comparison.with_roster_names(found, self.roster(assessment)), last

    def results_csv(self, assessment: str) -> str:
        """The marks of an assessment as CSV."""
        return results_table.to_csv(*self._marks(assessment, self.roster(assessment)))

    def results(self, assessment: str) -> dict[str, Any]:
        """The marks of an assessment: the same table."""
        ids, rows = results_table.build_table(*self._marks(assessment, self.roster(assessment)))
        return {"assessment": assessment, "questions": ids, "sheets": rows}

    def _marks(
        self, assessment: str, roster: Roster | None
    ) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
        records = self.moderated_records(assessment, self.table.query_by_assessment(self.tenant, assessment))
        marks = {
            record["pk"].removeprefix("submission#"): record["question_marks"]
            for record in records
            if "question_marks" in record and record["state"] in submission_status.MARKED_STATES
        }
        listed = [submission_status.status_from_items({RECORD_SK: record}, self.cipher) for record in records]
        return roster_comparison.with_roster_names(listed, roster), marks

    def settings(self) -> dict[str, Any]:
        """What the tenant has decided on the model, and what it has spent this month."""
        this = tenant_repository.current_month()
        spent = tenant_repository.get_month_spend(self.table, self.tenant, this)
        return {**tenant_repository.load(self.table, self.tenant).to_dict(), "month": this, "spent_usd": spent}
