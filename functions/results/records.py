"""A tenant's records as they are read: the machine's words with a teacher's over them."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from core import shelf
from core.assessment import QuestionPaper
from core.roster import Roster
from core.seal import Seal
from core.submission import Kind, State
from core.table import RECORD, Item, Table
from results import documents, moderation, status
from results.paper_problem import paper_problem, reason_to_wait


@dataclass(frozen=True, slots=True)
class Records:
    """The table and the documents bucket, for one tenant."""

    tenant: str
    table: Table
    s3: Any
    bucket: str
    seal: Seal

    def status_of(self, items: Mapping[str, Item]) -> dict[str, Any]:
        """A recorded submission's status, with its result or paper once it is there; `items` by sort key."""
        record = items[RECORD]
        if record["state"] == State.AWAITING_PAPER:
            return {**status.from_items(items, self.seal), "reason": self.reason_to_wait(record["assessment"])}
        paper = partial(self.paper, record["assessment"])
        found = status.from_items({**items, RECORD: moderation.moderated(record, paper)}, self.seal)
        # What a later run did not come to again is of the run before; of a key, `paper_key` names its scheme.
        shown = {"result": found["state"] in status.MARKED, "paper": record["kind"] == Kind.QUESTION_PAPER}
        for name, is_shown in shown.items():
            if is_shown and record.get(f"{name}_key"):
                found[name] = documents.read(self.s3, self.bucket, record[f"{name}_key"])
        if found["result"]:
            found["result"] = moderation.moderated_result(found["result"], record, paper, self._marked_again(record))
            # What grading keeps for itself.
            found["result"].pop("opinions", None)
        return found

    def _marked_again(self, record: Item) -> dict[str, dict[str, Any]]:
        """The questions whose reading was corrected after this run had marked them, as they were marked then."""
        corrections = moderation.corrections_of_this_run(record)
        if not corrections:
            return {}
        with ThreadPoolExecutor(8) as pool:
            read = partial(documents.read, self.s3, self.bucket)
            found = pool.map(read, [correction.key for correction in corrections.values()])
            return {
                question: {name: value for name, value in document.items() if name != "opinions"}
                for question, document in zip(corrections, found, strict=True)
            }

    def paper(self, assessment: str) -> QuestionPaper | None:
        key = self.on_shelf(assessment).paper
        return QuestionPaper.from_dict(documents.read(self.s3, self.bucket, key)) if key else None

    def roster(self, assessment: str) -> Roster | None:
        """The class list that counts now, None where there is none."""
        key = self.on_shelf(assessment).roster
        return Roster.from_dict(documents.read(self.s3, self.bucket, key)) if key else None

    def as_they_count(self, assessment: str, records: list[Item]) -> list[Item]:
        """Records with what teachers changed in them. The paper is fetched once, and only where a mark was changed."""
        paper = cache(partial(self.paper, assessment))
        return [moderation.moderated(record, paper) for record in records]

    def paper_problem(self, assessment: str, current: shelf.Shelf) -> dict[str, Any] | None:
        """What is wrong with the question paper that was received last, None where nothing is."""
        return paper_problem(self.table.by_assessment(self.tenant, assessment, Kind.QUESTION_PAPER), current)

    def reason_to_wait(self, assessment: str) -> dict[str, Any] | None:
        """Why an assessment's sheets wait for a question paper in vain; None where one may still come."""
        papers = self.table.by_assessment(self.tenant, assessment, Kind.QUESTION_PAPER)
        return reason_to_wait(papers, self.on_shelf(assessment))

    def on_shelf(self, assessment: str) -> shelf.Shelf:
        return shelf.load(self.table, self.tenant, assessment)
