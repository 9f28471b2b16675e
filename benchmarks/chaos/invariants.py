"""Invariants that must hold once everything is idle. Each check covers one promise and reports its violations."""

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.chaos.call_recorder import EXTRACT, GRADE, CallRecorder
from benchmarks.chaos.documents import MARKED, READY
from benchmarks.chaos.records import StoredRecord
from benchmarks.chaos.send_log import DROP, SendLog, SentDocument
from core.models.submission import submission_id_from_object
from local.cloud.local_cloud import LocalCloud

LOST, DOUBLED, STUCK, WRONG = "lost", "doubled", "stuck", "wrong"
_TERMINAL = frozenset({"GRADED", "NEEDS_REVIEW", "READY", "REJECTED", "DUPLICATE_OF", "FAILED", "ERASED"})
_STATES_WITH_RESULT = MARKED | READY


@dataclass(frozen=True)
class Violation:
    """A broken promise: its kind, and a sentence."""

    kind: str
    message: str


@dataclass
class InvariantChecker:
    """Everything that is known after a run.

    `replies` is the number of the model's usable replies; `csv_of` returns an assessment's table of marks.
    """

    cloud: LocalCloud
    secret: bytes
    send_log: SendLog
    records: dict[str, StoredRecord]
    recorder: CallRecorder
    replies: int
    csv_of: Callable[[str, str], str]

    def violations(self) -> list[Violation]:
        return [
            *self.check_accepted_have_ended(),
            *self.check_files_are_durable(),
            *self.check_no_duplicates(),
            *self.check_states_written_once(),
            *self.check_marks(),
            *self.check_newest_counts(),
            *self.check_paid_calls(),
            *self.check_temp_bucket_is_empty(),
        ]

    def ids(self, sent_document: SentDocument) -> set[str]:
        """Return the ids of the submissions that a sent document was accepted as."""
        dropped = {
            submission_id_from_object(
                self.secret, bucket=self.cloud.stack.bucket("TempBucket"), key=sent_document.key, version_id=version
            )
            for version in sent_document.versions
        }
        return sent_document.ids | dropped

    # ── nothing is lost ──────────────────────────────────────────────────────────────────────────

    def check_accepted_have_ended(self) -> Iterator[Violation]:
        """Each accepted document has a record in a terminal state that it may end in."""
        for sent_document in self.send_log.sent_documents:
            if sent_document.timed_out and not sent_document.accepted:
                yield Violation(STUCK, f"a {sent_document.channel} client never got a response")
            for name in self.ids(sent_document):
                record = self.records.get(name)
                if record is None:
                    yield Violation(LOST, f"{name} ({sent_document.channel}) was accepted and has no record")
                elif record.state not in _TERMINAL or record.state == "FAILED":
                    reason = record.item.get("failure", {}).get("type", "")
                    yield Violation(STUCK, f"{name} ({sent_document.channel}) is in state {record.state} {reason}")
                elif record.state not in self._allowed_states(sent_document):
                    yield Violation(
                        WRONG, f"{name} ({sent_document.channel}) ended as {record.state}: {record.item.get('failure')}"
                    )

    def _allowed_states(self, sent_document: SentDocument) -> frozenset[str]:
        if sent_document.erased and not sent_document.is_resent:
            return frozenset({"ERASED"})
        return sent_document.document.allowed_states | {"DUPLICATE_OF"}

    def check_files_are_durable(self) -> Iterator[Violation]:
        """The durable copy of each accepted file has its checksum, in every version. An erased file has no copy."""
        stored_hashes = self._stored_hashes()
        for sent_document in self.send_log.accepted:
            for name in self.ids(sent_document):
                found = stored_hashes.get(f"documents/{sent_document.document.tenant}/{name}", set())
                record = self.records.get(name)
                if record is not None and record.state == "ERASED":
                    if found:
                        yield Violation(WRONG, f"{name} was erased and its file is still there")
                elif not found:
                    current_state = f"{record.state}, run {record.run}" if record else "no record"
                    yield Violation(
                        LOST,
                        f"{name} ({sent_document.channel}, {current_state}) was accepted and its file is not stored",
                    )
                elif found != {sent_document.document.sha256}:
                    yield Violation(LOST, f"{name} is stored with other bytes than were accepted")

    def _stored_hashes(self) -> dict[str, set[str]]:
        """Return the SHA-256 of all versions, computed from their bytes, by key."""
        s3, bucket = self.cloud.client("s3"), self.cloud.stack.bucket("DocumentsBucket")
        found: dict[str, set[str]] = defaultdict(set)
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="documents/"):
            for version in page.get("Versions", ()):
                got = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
                found[version["Key"]].add(hashlib.sha256(got["Body"].read()).hexdigest())
        return found

    # ── nothing is duplicated ───────────────────────────────────────────────────────────────────────

    def check_no_duplicates(self) -> Iterator[Violation]:
        """Each sent document has one record with marks.

        Its other records, from other channels, point to that one. No record exists of a document that was never sent.
        """
        sent = {sent_document.document.identity for sent_document in self.send_log.sent_documents}
        records_by_identity: dict[tuple[str, ...], list[StoredRecord]] = defaultdict(list)
        for record in self.records.values():
            if record.identity is not None and record.state != "ERASED":
                records_by_identity[record.identity].append(record)
        for identity, records in records_by_identity.items():
            if identity not in sent:
                yield Violation(DOUBLED, f"{records[0].id} is the record of a document that was never sent")
            yield from _check_one_has_result(records)
            known_bytes = [record for record in records if record.channel != DROP]
            if len(known_bytes) > 1:
                yield Violation(DOUBLED, f"{len(known_bytes)} records of one file of one student through the API")
            versions = [record.version for record in records if record.channel == DROP]
            if len(set(versions)) < len(versions):
                yield Violation(DOUBLED, "two records of one dropped object")

    def check_states_written_once(self) -> Iterator[Violation]:
        """Within a run a record started at most once and ended at most once, as recorded at the network."""
        for name, state_changes in self.recorder.state_changes.items():
            started: dict[int, int] = defaultdict(int)
            ended: dict[int, list[str]] = defaultdict(list)
            for change in state_changes:
                if change.state == "READING":
                    started[change.run] += 1
                elif change.state != "ERASED":
                    ended[change.run].append(change.state)
            if any(count > 1 for count in started.values()):
                yield Violation(DOUBLED, f"{name} began a run twice")
            for run, states in ended.items():
                if len(states) > 1:
                    yield Violation(DOUBLED, f"{name} ended its run {run} {len(states)} times: {', '.join(states)}")

    def check_paid_calls(self) -> Iterator[Violation]:
        """Textract is called once per page, and the model once per answer and run.

        They are called again only where a response was lost.
        """
        for message, paid, needed, lost in self.paid_calls():
            if paid > needed + lost:
                yield Violation(
                    DOUBLED,
                    f"{message} was paid {paid} times, but {needed} calls and {lost} lost responses explain fewer",
                )

    def paid_calls(self) -> list[tuple[str, int, int, int]]:
        """Return (service, calls that got a response, calls that were needed, responses that were lost)."""
        seen = self.recorder
        return [
            ("textract", seen.paid_pages, sum(seen.pages.values()), seen.lost[EXTRACT]),
            ("model", self.replies, len(seen.graded), seen.lost[GRADE]),
        ]

    # ── what is stored is right ───────────────────────────────────────────────────────────────

    def check_marks(self) -> Iterator[Violation]:
        """Objective questions have the marks that their answers are worth, each question once."""
        for sent_document in self.send_log.accepted:
            for name in self.ids(sent_document):
                record = self.records.get(name)
                if record is None or record.state not in MARKED or not sent_document.document.marks:
                    continue
                found = [(one["question"], one["marks"]) for one in record.item["question_marks"]]
                given = {question: float(marks) for question, marks in found if marks is not None}
                expected = sent_document.document.marks
                if len(given) < len(found) or {name: given.get(name) for name in expected} != expected:
                    yield Violation(WRONG, f"{name} has the marks {found}, but should have {expected}")

    def check_newest_counts(self) -> Iterator[Violation]:
        """The table of marks has each student once, with the newest of the accepted files."""
        tables: dict[tuple[str, str], dict[str, list[str]]] = {}
        for sent_document in self.send_log.accepted:
            newer = sent_document.superseded_by
            if newer is None or not newer.accepted:
                continue
            document = newer.document
            assessment_key = (document.tenant, document.assessment)
            if assessment_key not in tables:
                tables[assessment_key] = _submissions_by_student(self.csv_of(*assessment_key))
            rows = tables[assessment_key].get(document.student or "", [])
            if len(rows) != 1 or rows[0] not in self._same_content_ids(newer):
                yield Violation(WRONG, f"the table of marks has {rows}, but {self.ids(newer)} is the newest")

    def _same_content_ids(self, sent_document: SentDocument) -> set[str]:
        identity = sent_document.document.identity
        return {record.id for record in self.records.values() if record.identity == identity}

    def check_temp_bucket_is_empty(self) -> Iterator[Violation]:
        """Received objects are gone from the temp bucket once their copy is durable. Refused drops stay."""
        s3, bucket = self.cloud.client("s3"), self.cloud.stack.bucket("TempBucket")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", ()):
                yield Violation(STUCK, f"{version['Key']} is still in the temp bucket")


def _check_one_has_result(records: list[StoredRecord]) -> Iterator[Violation]:
    with_result = [record for record in records if record.state in _STATES_WITH_RESULT]
    names = {record.id for record in records}
    if len(with_result) > 1:
        yield Violation(DOUBLED, f"{len(with_result)} submissions of one content have marks")
    for record in records:
        if record.state == "DUPLICATE_OF" and record.item.get("duplicate_of") not in names - {record.id}:
            yield Violation(
                LOST, f"{record.id} is a duplicate of {record.item.get('duplicate_of')}, which does not exist"
            )
    if all(record.state == "DUPLICATE_OF" for record in records):
        yield Violation(LOST, f"{records[0].id} and its duplicates all point to another one for the marks")


def _submissions_by_student(table: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(table)):
        found[row["student"]].append(row["submission"])
    return dict(found)
