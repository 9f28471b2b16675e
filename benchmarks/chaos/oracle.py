"""What must be true when everything has come to rest: each check looks at one promise and names what breaks it."""

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.chaos.documents import MARKED, READY
from benchmarks.chaos.ledger import DROP, Ledger, Sending
from benchmarks.chaos.records import Record
from benchmarks.chaos.witness import EXTRACT, GRADE, Witness
from core.submission import id_from_object
from local.cloud.local_cloud import LocalCloud

LOST, DOUBLED, STUCK, WRONG = "lost", "doubled", "stuck", "wrong"
_TERMINAL = frozenset({"GRADED", "NEEDS_REVIEW", "READY", "REJECTED", "DUPLICATE_OF", "FAILED", "ERASED"})
_BEARING = MARKED | READY


@dataclass(frozen=True)
class Breach:
    """A broken promise: what kind, and a sentence."""

    kind: str
    what: str


@dataclass
class Oracle:
    """Everything that is known in the end. `replies` are the model's usable ones, `csv_of` gives an assessment's table
    of marks."""

    cloud: LocalCloud
    secret: bytes
    ledger: Ledger
    records: dict[str, Record]
    witness: Witness
    replies: int
    csv_of: Callable[[str, str], str]

    def breaches(self) -> list[Breach]:
        return [
            *self.accepted_have_ended(),
            *self.files_are_durable(),
            *self.nothing_is_doubled(),
            *self.moved_once(),
            *self.marks_are_right(),
            *self.newest_counts(),
            *self.money_is_bounded(),
            *self.nothing_lies_about(),
        ]

    def ids(self, sending: Sending) -> set[str]:
        """The submissions that a sending was accepted as."""
        dropped = {
            id_from_object(
                self.secret, bucket=self.cloud.stack.bucket("TempBucket"), key=sending.key, version_id=version
            )
            for version in sending.versions
        }
        return sending.ids | dropped

    # ── nothing is lost ──────────────────────────────────────────────────────────────────────────

    def accepted_have_ended(self) -> Iterator[Breach]:
        """Each accepted sending has a record, in a terminal state that this document may end in."""
        for sending in self.ledger.sendings:
            if sending.gave_up and not sending.accepted:
                yield Breach(STUCK, f"a {sending.door} client was never answered")
            for name in self.ids(sending):
                record = self.records.get(name)
                if record is None:
                    yield Breach(LOST, f"{name} ({sending.door}) was accepted and has no record")
                elif record.state not in _TERMINAL or record.state == "FAILED":
                    reason = record.item.get("failure", {}).get("type", "")
                    yield Breach(STUCK, f"{name} ({sending.door}) stands in {record.state} {reason}")
                elif record.state not in self._endings(sending):
                    yield Breach(
                        WRONG, f"{name} ({sending.door}) ended as {record.state}: {record.item.get('failure')}"
                    )

    def _endings(self, sending: Sending) -> frozenset[str]:
        if sending.erased and not sending.sent_again:
            return frozenset({"ERASED"})
        return sending.document.endings | {"DUPLICATE_OF"}

    def files_are_durable(self) -> Iterator[Breach]:
        """The durable copy of each accepted file carries its checksum, in every version there is; an erased one has
        none."""
        kept = self._kept_documents()
        for sending in self.ledger.accepted:
            for name in self.ids(sending):
                found = kept.get(f"documents/{sending.document.tenant}/{name}", set())
                record = self.records.get(name)
                if record is not None and record.state == "ERASED":
                    if found:
                        yield Breach(WRONG, f"{name} was erased and its file is still there")
                elif not found:
                    stands = f"{record.state}, run {record.run}" if record else "no record"
                    yield Breach(LOST, f"{name} ({sending.door}, {stands}) was accepted and its file is not kept")
                elif found != {sending.document.sha256}:
                    yield Breach(LOST, f"{name} is kept with other bytes than were accepted")

    def _kept_documents(self) -> dict[str, set[str]]:
        """The SHA-256 of all versions, computed from their bytes, by key."""
        s3, bucket = self.cloud.client("s3"), self.cloud.stack.bucket("DocumentsBucket")
        found: dict[str, set[str]] = defaultdict(set)
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="documents/"):
            for version in page.get("Versions", ()):
                got = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
                found[version["Key"]].add(hashlib.sha256(got["Body"].read()).hexdigest())
        return found

    # ── nothing is doubled ───────────────────────────────────────────────────────────────────────

    def nothing_is_doubled(self) -> Iterator[Breach]:
        """One thing that was sent has one record that bears its marks; the others of it, if it came through several
        doors, point there. Nothing has a record that was never sent."""
        sent = {sending.document.identity for sending in self.ledger.sendings}
        same: dict[tuple[str, ...], list[Record]] = defaultdict(list)
        for record in self.records.values():
            if record.identity is not None and record.state != "ERASED":
                same[record.identity].append(record)
        for identity, records in same.items():
            if identity not in sent:
                yield Breach(DOUBLED, f"{records[0].id} is the record of something that nobody sent")
            yield from _one_bears(records)
            known_bytes = [record for record in records if record.door != DROP]
            if len(known_bytes) > 1:
                yield Breach(DOUBLED, f"{len(known_bytes)} records of one file of one student through the API")
            versions = [record.version for record in records if record.door == DROP]
            if len(set(versions)) < len(versions):
                yield Breach(DOUBLED, "two records of one dropped object")

    def moved_once(self) -> Iterator[Breach]:
        """Within a run a record was begun at most once and ended at most once, as the network saw it."""
        for name, moves in self.witness.moves.items():
            begun: dict[int, int] = defaultdict(int)
            ended: dict[int, list[str]] = defaultdict(list)
            for move in moves:
                if move.state == "READING":
                    begun[move.run] += 1
                elif move.state != "ERASED":
                    ended[move.run].append(move.state)
            if any(count > 1 for count in begun.values()):
                yield Breach(DOUBLED, f"{name} began a run twice")
            for run, states in ended.items():
                if len(states) > 1:
                    yield Breach(DOUBLED, f"{name} ended its run {run} {len(states)} times: {', '.join(states)}")

    def money_is_bounded(self) -> Iterator[Breach]:
        """Textract and the model are asked once for a page, once for an answer in a run; again only where an answer
        had been lost."""
        for what, paid, needed, lost in self.money():
            if paid > needed + lost:
                yield Breach(DOUBLED, f"{what} was paid {paid} times where {needed} and {lost} lost answers explain")

    def money(self) -> list[tuple[str, int, int, int]]:
        """(service, calls that were answered, calls that were needed, answers that were lost)."""
        seen = self.witness
        return [
            ("textract", seen.paid_pages, sum(seen.pages.values()), seen.lost[EXTRACT]),
            ("model", self.replies, len(seen.graded), seen.lost[GRADE]),
        ]

    # ── what stands there is right ───────────────────────────────────────────────────────────────

    def marks_are_right(self) -> Iterator[Breach]:
        """Objective questions bear the marks that their answers are worth, each question once."""
        for sending in self.ledger.accepted:
            for name in self.ids(sending):
                record = self.records.get(name)
                if record is None or record.state not in MARKED or not sending.document.marks:
                    continue
                found = [(one["question"], one["marks"]) for one in record.item["question_marks"]]
                given = {question: float(marks) for question, marks in found if marks is not None}
                wanted = sending.document.marks
                if len(given) < len(found) or {name: given.get(name) for name in wanted} != wanted:
                    yield Breach(WRONG, f"{name} has the marks {found}, and should have {wanted}")

    def newest_counts(self) -> Iterator[Breach]:
        """In the table of marks each student stands once, with the newest of the files that were accepted."""
        tables: dict[tuple[str, str], dict[str, list[str]]] = {}
        for sending in self.ledger.accepted:
            newer = sending.superseded_by
            if newer is None or not newer.accepted:
                continue
            document = newer.document
            where = (document.tenant, document.assessment)
            if where not in tables:
                tables[where] = _submissions_by_student(self.csv_of(*where))
            rows = tables[where].get(document.student or "", [])
            if len(rows) != 1 or rows[0] not in self._same_as(newer):
                yield Breach(WRONG, f"{rows} stand in the table of marks where {self.ids(newer)} is the newest")

    def _same_as(self, sending: Sending) -> set[str]:
        identity = sending.document.identity
        return {record.id for record in self.records.values() if record.identity == identity}

    def nothing_lies_about(self) -> Iterator[Breach]:
        """What was received has gone from the temp bucket, its copy being durable; refused drops stay."""
        s3, bucket = self.cloud.client("s3"), self.cloud.stack.bucket("TempBucket")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", ()):
                yield Breach(STUCK, f"{version['Key']} still lies in the temp bucket")


def _one_bears(records: list[Record]) -> Iterator[Breach]:
    bearing = [record for record in records if record.state in _BEARING]
    names = {record.id for record in records}
    if len(bearing) > 1:
        yield Breach(DOUBLED, f"{len(bearing)} submissions of one content bear marks")
    for record in records:
        if record.state == "DUPLICATE_OF" and record.item.get("duplicate_of") not in names - {record.id}:
            yield Breach(
                LOST, f"{record.id} is a duplicate of {record.item.get('duplicate_of')}, which is no such file"
            )
    if all(record.state == "DUPLICATE_OF" for record in records):
        yield Breach(LOST, f"{records[0].id} and its like all say that another one bears the marks")


def _submissions_by_student(table: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(table)):
        found[row["student"]].append(row["submission"])
    return dict(found)
