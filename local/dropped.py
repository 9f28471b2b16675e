"""What was dropped and how it fares: told line by line, refusals beside the file, marks written for each assessment."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from core.errors import RequestRefused
from core.submission import Door, Kind
from local import wording
from local.client import ApiClient, ApiError, Unreachable
from local.deliveries import Delivery
from local.dropfolder import NOTE, DropFolder, WholeFile, printable
from local.errand import Errand, write_csv
from local.following import name_drops, refresh

_REFUSED = ".refused.json"
_SCHEME = re.compile(r"drop/(?P<assessment>[^/]+)/marking-scheme\.(?:ya?ml|json)")
# Where nothing is under way, an assessment is looked at again every so many rounds: a later paper may move it.
_CALM_ROUNDS = 10


@dataclass
class _Attempt:
    failed: bool = False


@dataclass
class Dropped:
    """Follows every file of a drop folder. `errand(assessment)` makes the errand that marks are written with."""

    folder: DropFolder
    results: Path
    s3: Any
    bucket: str
    client: ApiClient
    errand: Callable[[str], Errand]
    say: Callable[[str], None]
    _files: dict[str, Delivery] = field(default_factory=dict)
    _put_at: dict[str, datetime] = field(default_factory=dict)
    _replaced: dict[str, set[str]] = field(default_factory=dict)
    _untold: set[str] = field(default_factory=set)
    _unwritten: set[str] = field(default_factory=set)
    _notes: dict[Path, str | None] = field(default_factory=dict)
    _outside: set[str] = field(default_factory=set)
    _of_before: set[str] = field(default_factory=set)
    _problems: dict[tuple[str, str], str] = field(default_factory=dict)
    _round: int = 0

    def go_on(self) -> None:
        """Follow what an earlier service has sent; what had ended then is not told again."""
        for path, key in self.folder.sent_before():
            if not _SCHEME.fullmatch(key):
                self._follow_from(path, key, datetime.fromtimestamp(0, UTC))
                self._of_before.add(key)
        if self._of_before:
            self.say(f"{wording.count(len(self._of_before), 'file')} sent before: followed on")

    def look(self) -> None:
        """One round: new files in, news of the old ones, marks where an assessment has come to rest.

        What goes wrong with one file or assessment holds up no other: it is told, once, and tried again.
        """
        self._round += 1
        with self._on_its_own("The drop folder"):
            self._look_for_files()
        for key in list(self._put_at):
            with self._on_its_own(_inside(key), "refusal"):
                self._look_for_refusal(key)
        for assessment in sorted({_assessment(key) for key in self._files if key not in self._outside}):
            with self._on_its_own(assessment) as attempt:
                self._follow(assessment)
            self._tell_endings(assessment)
            if not attempt.failed:
                self._of_before -= self._of(assessment).keys()
        for assessment in sorted(self._unwritten):
            with self._on_its_own(f"The marks of {assessment}"):
                self._write(assessment)
        for path, sentence in list(self._notes.items()):
            with self._on_its_own(f"{path.name}{NOTE}", str(path)):
                self.folder.note(path, sentence)
                del self._notes[path]

    def _look_for_files(self) -> None:
        for whole in self.folder.scan():
            with self._on_its_own(_inside(whole.key)) as attempt:
                self._take_in(whole)
            if attempt.failed:
                self.folder.again(whole.path)
                continue
            # Sent it is, noted or not: a later service finds that the same bytes were put.
            with self._on_its_own(_inside(whole.key), "ledger"):
                self.folder.taken(whole.path)
        for passed in self.folder.passed_over():
            self.say(f"{passed.inside}: passed over. It {passed.why}.")
            if passed.is_file:
                self._notes[passed.path] = f"This file {passed.why}."

    @contextmanager
    def _on_its_own(self, what: str, step: str = "") -> Iterator["_Attempt"]:
        """A failure inside is told in a sentence and goes no further. It is told once, until the same `step` of `what`
        succeeds."""
        attempt = _Attempt()
        try:
            yield attempt
        except Exception as error:  # noqa: BLE001 - whatever one entry does, the others are not held up by it
            attempt.failed = True
            expected = isinstance(error, ApiError | Unreachable | OSError | BotoCoreError | ClientError)
            sentence = f"{what}: {error}" if expected else f"{what}: {type(error).__name__}: {error}"
            if self._problems.get((what, step)) != sentence:
                self._problems[what, step] = sentence
                self.say(printable(sentence))
        else:
            self._problems.pop((what, step), None)

    def _take_in(self, whole: WholeFile) -> None:
        self._notes.pop(whole.path, None)
        self.folder.note(whole.path, None)
        scheme = _SCHEME.fullmatch(whole.key)
        if scheme:
            self._take_scheme(whole, scheme["assessment"])
            return
        put_at = datetime.now(UTC)
        if whole.key in self._files or not self._stands(whole):
            self.s3.put_object(Bucket=self.bucket, Key=whole.key, Body=whole.body, ContentType=whole.media_type)
        before = self._files.get(whole.key)
        if before and before.id:
            self._replaced.setdefault(whole.key, set()).add(before.id)
        self._follow_from(whole.path, whole.key, put_at)
        self.say(f"{_inside(whole.key)}: received")

    def _stands(self, whole: WholeFile) -> bool:
        """Whether a service that was killed right after had put these very bytes: they are no second submission."""
        try:
            found = self.s3.head_object(Bucket=self.bucket, Key=whole.key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            return False
        digest = hashlib.md5(whole.body, usedforsecurity=False).hexdigest()
        return bool(found["ETag"].strip('"') == digest)

    def _follow_from(self, path: Path, key: str, put_at: datetime) -> None:
        from receive.drop import parse_key

        try:
            _, kind, student, _ = parse_key(key)
        except RequestRefused:
            # Its report will say why: only the door decides what is refused. It is of no assessment to ask about.
            kind, student = Kind.ANSWER_SHEET, None
            self._outside.add(key)
        earlier = frozenset(self._replaced.get(key, ()))
        self._files[key] = Delivery(path, kind, student, Door.DROP, earlier=earlier)
        self._put_at[key] = put_at
        self._untold.add(key)

    def _take_scheme(self, whole: WholeFile, assessment: str) -> None:
        """A marking scheme is no document to be read: it goes to the API, which says what is wrong with it."""
        media_type = "application/json" if whole.key.endswith(".json") else "application/yaml"
        try:
            answer = self.client.put_scheme(assessment, whole.body, media_type)
        except ApiError as error:
            self._notes[whole.path] = str(error)
            self.say(f"{_inside(whole.key)}: refused. {error}")
            return
        self.say(f"{_inside(whole.key)}: set, {wording.count(int(answer.get('entries') or 0), 'question')}")
        for warning in answer.get("warnings") or ():
            self.say(f"{_inside(whole.key)}: {warning}")

    def _look_for_refusal(self, key: str) -> None:
        delivery = self._files[key]
        if delivery.id or delivery.refusal:
            del self._put_at[key]
            return
        report = self._refusal(key, self._put_at[key])
        if report:
            delivery.refusal = report
            self.say(f"{_inside(key)}: refused. {report}")
            self._notes[delivery.path] = report

    def _refusal(self, key: str, put_at: datetime) -> str | None:
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=key + _REFUSED)
        except self.s3.exceptions.NoSuchKey:
            return None
        # An older report is about an older file of this name. S3 tells whole seconds.
        if found["LastModified"] < put_at - timedelta(seconds=1):
            return None
        return str(json.loads(found["Body"].read()).get("message", "It was refused."))

    def _follow(self, assessment: str) -> None:
        mine = self._of(assessment)
        if self._round % _CALM_ROUNDS == 0 or any(not delivery.ended for delivery in mine.values()):
            self._reopen(assessment, mine)
        if any(not delivery.ended for delivery in mine.values()):
            refresh(list(mine.values()), self.client, assessment, apart=self._asked_on_its_own)

    def _asked_on_its_own(self, delivery: Delivery) -> AbstractContextManager[_Attempt]:
        return self._on_its_own(printable(delivery.path.name), "status")

    def _tell_endings(self, assessment: str) -> None:
        """Tell each file that has ended since it was told last, whatever happened to the others meanwhile."""
        mine = self._of(assessment)
        for key in sorted(self._untold & mine.keys()):
            if not mine[key].ended:
                continue
            self._untold.discard(key)
            self._unwritten.add(assessment)
            if key not in self._of_before:
                with self._on_its_own(_inside(key), "ending"):
                    self._tell_ending(key, mine[key])

    def _of(self, assessment: str) -> dict[str, Delivery]:
        return {
            key: delivery
            for key, delivery in self._files.items()
            if _assessment(key) == assessment and key not in self._outside
        }

    def _reopen(self, assessment: str, deliveries: dict[str, Delivery]) -> None:
        """A paper or key that comes later sends sheets through again: their new run is followed as well."""
        known = {delivery.id: key for key, delivery in deliveries.items() if delivery.id}
        listed = list(self.client.submissions(assessment))
        everything = list(deliveries.values())
        name_drops([delivery for delivery in everything if not delivery.ended], everything, listed)
        for status in listed:
            key = known.get(status.id)
            if key and status.run > deliveries[key].run:
                delivery = deliveries[key]
                delivery.status, delivery.marked_as, delivery.run = None, None, status.run
                self._untold.add(key)

    def _tell_ending(self, key: str, delivery: Delivery) -> None:
        status = delivery.status
        if status is None:
            return
        if delivery.result:
            text = f"{wording.number(delivery.result.marks)} / {wording.number(delivery.result.max_marks)}"
            if delivery.doubtful:
                text += f", {wording.count(len(delivery.doubtful), 'answer')} to look at"
        else:
            text = wording.state(status.state) + (f". {delivery.problem}" if delivery.problem else "")
        self.say(f"{_inside(key)}: {text}")
        # A sheet whose paper cannot be used is not refused itself; one that was marked in the end is not any more.
        self._notes[delivery.path] = None if status.paper_unusable else delivery.problem

    def _write(self, assessment: str) -> None:
        """The CSV and the report of an assessment, once nothing of it is under way."""
        mine = [delivery for _, delivery in sorted(self._of(assessment).items())]
        sheets = [delivery for delivery in mine if delivery.kind is Kind.ANSWER_SHEET]
        waiting = [delivery for delivery in mine if not delivery.ended]
        if waiting:
            return
        if any(sheet.result for sheet in sheets):
            self._write_marks(assessment, sheets)
        self._unwritten.discard(assessment)

    def _write_marks(self, assessment: str, sheets: list[Delivery]) -> None:
        folder = self.results / assessment
        # The CSV first: it asks for nothing that may fail.
        write_csv(folder / "results.csv", sheets)
        errand = self.errand(assessment)
        errand.load_paper()
        errand.gather(sheets)
        errand.write_report(folder / "report.html", sheets)
        self.say(f"{assessment}: {wording.count(len(sheets), 'sheet')}, marks in {folder}")


def _assessment(key: str) -> str:
    return key.split("/")[1]


def _inside(key: str) -> str:
    return key.removeprefix("drop/")
