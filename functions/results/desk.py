"""What people ask about submissions and assessments, answered for one tenant."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import errors, shelf, tenant
from core.clock import now
from core.corrections import Correction, corrections_of
from core.erasure import entomb
from core.record import submission_of
from core.roster import Roster
from core.submission import State, keyed_hash
from core.table import RECORD, Item
from results import class_list, documents, exports, gradebook, moderation, parts, publication, schemes, status
from results.records import Records

_POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Desk(Records):
    """One tenant's desk: its records, the state machine, and how recovering is asked for and the marking of one
    answer."""

    stepfunctions: Any
    state_machine_arn: str
    secret: bytes
    recover: Callable[[dict[str, Any]], None]
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
            if status.has_ended(found) or time.monotonic() >= until:
                return class_list.named([found], self.roster(found["assessment"]))[0]
            time.sleep(_POLL_SECONDS)

    def _status(self, submission_id: str) -> dict[str, Any] | None:
        items = status.find(self.table, submission_id, self.tenant)
        if items is None:
            return status.from_execution(self.stepfunctions, self.state_machine_arn, submission_id, self.tenant)
        return self.status_of(items)

    def change_mark(self, submission_id: str, question: str, marks: float | None, *, by: str, seen: str | None) -> None:
        """Set a question's mark, or with None let the machine's count again. `seen`: the edition looked at.

        Raises
        ------
        NotFound, NotMarked, InvalidMark, ChangedMeanwhile
        """
        items = status.find(self.table, submission_id, self.tenant)
        if items is None:
            raise errors.NotFound("There is no submission of this id.")
        moderation.change(self.table, items[RECORD], question, marks, by=by, seen=seen)

    def correct_reading(
        self, submission_id: str, question: str, answer: str | None, *, by: str, seen: str | None
    ) -> None:
        """Let an answer be marked in a teacher's words, or with None in the machine's own again.

        A mark that a person has set stays: the machine's, made anew, stands beside it.

        Raises
        ------
        NotFound, NotMarked, ChangedMeanwhile
        ServiceUnavailable
            It could not be marked just now; nothing has changed.
        """
        items = status.find(self.table, submission_id, self.tenant)
        if items is None:
            raise errors.NotFound("There is no submission of this id.")
        record = items[RECORD]
        moderation.look_at(record, question, seen)
        if answer is None:
            standing = corrections_of(record).get(question)
            if standing is None:
                return
            if standing.run == record["run"]:
                moderation.take_back_correction(self.table, record, question, by=by)
                return
            # A later run has marked the teacher's words: the machine's are marked like any others.
            answer = str(documents.read(self.s3, self.bucket, standing.key)["read_as"])
        asked = {"submission": submission_id, "run": int(record["run"]), "tenant": self.tenant}
        made = self.mark_answer({**asked, "question": question, "answer": answer})
        correction = Correction(
            key=made["key"],
            marks=made["marks"],
            review=tuple(made["review"]),
            answered=made["answered"],
            by=by,
            at=now(),
            run=int(record["run"]),
        )
        moderation.correct(self.table, record, question, correction)

    def erase(self, submission_id: str) -> None:
        """Put a tombstone in the submission's place, at once; everything behind it goes a moment later.

        Also where one stands already: this may be the retry of a request whose second half was lost.

        Raises
        ------
        NotFound
        """
        items = status.find(self.table, submission_id, self.tenant)
        record = (items or {}).get(RECORD)
        if record is None or "erased_at" not in record:
            submission = (
                submission_of(record)
                if record
                else status.started(self.stepfunctions, self.state_machine_arn, submission_id, self.tenant)
            )
            if submission is None:
                raise errors.NotFound("There is no submission of this id.")
            entomb(self.table, submission, items or {})
        self.recover({"action": "erase", "submission": submission_id})

    def transcript(self, submission_id: str, *, first: int) -> dict[str, Any]:
        """What was read of a submission, from page `first` on, as far as an answer carries it. Raises NotFound before
        it has been read."""
        items = status.find(self.table, submission_id, self.tenant) or {}
        key = items.get(RECORD, {}).get("transcript_key")
        if not key:
            raise errors.NotFound("There is no transcript of this submission (yet).")
        return parts.part_of(documents.read(self.s3, self.bucket, key), first)

    def assessment(self, assessment: str) -> dict[str, Any]:
        """The paper and scheme that count now, and how many submissions stand where."""
        current = self.on_shelf(assessment)
        records = self.as_they_count(assessment, self.table.by_assessment(self.tenant, assessment))
        if not records and current.revision == 0:
            raise errors.NotFound("There is no assessment of this name.")

        paper, key, scheme = self._documents(current)
        maximum, warnings = schemes.maximum_marks(key, scheme, paper)
        return {
            "id": assessment,
            "paper": paper,
            "scheme": schemes.told(key, scheme, paper, warnings),
            "maximum_marks": maximum,
            "revision": current.revision,
            "paper_corrected_by": current.paper_by,
            "paper_problem": self.paper_problem(assessment, current),
            "students": len(roster.students) if (roster := self.roster(assessment)) else None,
            "counts": dict(Counter(record["state"] for record in records)),
            **publication.told(current, self._changed_since(current, records)),
        }

    def maximum_marks(self, assessment: str) -> dict[str, Any] | None:
        """What each question is worth now (`schemes.maximum_marks`), None without a paper."""
        paper, key, scheme = self._documents(self.on_shelf(assessment))
        return schemes.maximum_marks(key, scheme, paper)[0]

    def _documents(self, current: shelf.Shelf) -> list[Any]:
        """The paper, the key document and the scheme that count, each None where it is not there."""
        keys = (current.paper, current.key_document, current.scheme)
        return [documents.read(self.s3, self.bucket, key) if key else None for key in keys]

    def publish(self, assessment: str, *, published: bool, by: str) -> dict[str, Any]:
        """Give an assessment's marks out, or hold them again. Raises NotFound."""
        records = self.as_they_count(assessment, self.table.by_assessment(self.tenant, assessment))
        if not records and self.on_shelf(assessment).revision == 0:
            raise errors.NotFound("There is no assessment of this name.")
        marks = self._keep_published(assessment, records) if published else None
        shelf.publish(self.table, self.tenant, assessment, published=published, by=by, marks=marks)
        current = self.on_shelf(assessment)
        return {"assessment": assessment, **publication.told(current, self._changed_since(current, records))}

    def _keep_published(self, assessment: str, records: list[Item]) -> str:
        """Write down which marks are given out; its key."""
        body = json.dumps({"sheets": publication.fingerprints(self.secret, records)})
        name = keyed_hash(self.secret, "publication", body)
        key = shelf.document_key(self.tenant, assessment, "publication", name)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body.encode(), ContentType="application/json")
        return key

    def _changed_since(self, current: shelf.Shelf, records: list[Item]) -> int | None:
        if current.published_at is None:
            return None
        if current.published_marks is None:
            return publication.touched_after(current.published_at, records)
        published = documents.read(self.s3, self.bucket, current.published_marks)
        return len(set(publication.fingerprints(self.secret, records)) - set(published["sheets"]))

    def gradebook(
        self, assessment: str, platform: exports.Platform, *, draft: bool, leave_out_unknown: bool = False
    ) -> str:
        """The marks of an assessment as a platform imports them. `leave_out_unknown`: without the sheets that are
        nobody's on the class list, which are a fault otherwise.

        Raises
        ------
        NotPublished
            The marks are held, and no draft was asked for.
        GradebookIncomplete
        """
        current = self.on_shelf(assessment)
        if current.published_at is None and not draft:
            raise errors.NotPublished("The marks are not published yet. Publish them, or ask for a draft (draft=true).")
        roster = self.roster(assessment)
        rows = gradebook.table(*self._marks(assessment, roster))[1]
        maximum = self.maximum_marks(assessment)
        return exports.export(
            platform,
            assessment,
            rows,
            roster,
            points=maximum["total"] if maximum else None,
            leave_out_unknown=leave_out_unknown,
        )

    def roster_compared(self, assessment: str) -> dict[str, Any]:
        """The class list beside the sheets (`class_list.compared`). Raises NotFound where there is no list."""
        roster = self.roster(assessment)
        if roster is None:
            raise errors.NotFound("This assessment has no class list.")
        records = self.as_they_count(assessment, self.table.by_assessment(self.tenant, assessment))
        listed = [status.from_items({RECORD: record}, self.seal) for record in records]
        return {"assessment": assessment, **class_list.compared(class_list.named(listed, roster), roster)}

    def assessments(self) -> list[dict[str, Any]]:
        """The tenant's assessments, in the order of their names."""
        return [{"id": name} for name in shelf.listed(self.table, self.tenant)]

    def submissions(self, assessment: str, *, most: int, after: str) -> tuple[list[dict[str, Any]], str]:
        """At most so many submissions of an assessment, by kind and then oldest first, without results and lanes;
        and where the next ones begin, "" where there are none."""
        records, last = self.table.page_of_assessment(self.tenant, assessment, most=most, after=after)
        found = [status.listed(record, self.seal) for record in self.as_they_count(assessment, records)]
        waiting = [one for one in found if one["state"] == State.AWAITING_PAPER]
        if waiting:
            reason = self.reason_to_wait(assessment)
            for one in waiting:
                one["reason"] = reason
        return class_list.named(found, self.roster(assessment)), last

    def results_csv(self, assessment: str) -> str:
        """The marks of an assessment as CSV."""
        return gradebook.to_csv(*self._marks(assessment, self.roster(assessment)))

    def results(self, assessment: str) -> dict[str, Any]:
        """The marks of an assessment: the same table."""
        ids, rows = gradebook.table(*self._marks(assessment, self.roster(assessment)))
        return {"assessment": assessment, "questions": ids, "sheets": rows}

    def _marks(
        self, assessment: str, roster: Roster | None
    ) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
        records = self.as_they_count(assessment, self.table.by_assessment(self.tenant, assessment))
        marks = {
            record["pk"].removeprefix("submission#"): record["question_marks"]
            for record in records
            if "question_marks" in record and record["state"] in status.MARKED
        }
        listed = [status.from_items({RECORD: record}, self.seal) for record in records]
        return class_list.named(listed, roster), marks

    def settings(self) -> dict[str, Any]:
        """What the tenant has decided on the model, and what it has spent this month."""
        this = tenant.month()
        spent = tenant.spent(self.table, self.tenant, this)
        return {**tenant.load(self.table, self.tenant).to_dict(), "month": this, "spent_usd": spent}
