"""The files of one errand on their way: which there are, whose they are, by which door they go, how they fared."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from core import filetypes
from core.errors import RequestRefused
from core.result import QuestionMark, SheetResult
from core.settings import Settings
from core.submission import Door, Kind, parse_student
from core.transcript import Transcript
from local.client import ApiClient, ApiError
from local.regular_files import UnusableFile, check_regular, read_regular, stat_regular
from local.status import Status
from local.timeline import Timeline

_AT_ONCE = 8
# What file managers, editors and browsers leave lying about.
_CLUTTER = (".", "~", "thumbs.db", "desktop.ini")

Drop = Callable[[str, bytes, str], None]


class UsageError(Exception):
    """What was asked for cannot be done as it was asked: a sentence, exit code 2."""


@dataclass
class Delivery:
    """One file on its way.

    `id` is unknown until its receipt (in the drop folder, until it is seen in the assessment's list; `earlier`
    are ids of older submissions that it is not). `folder` is the one that it was found in, None for a file that was
    named itself. `refusal` is the sentence with which a door turned it away, or why it could not be opened.
    `marked_as` is the submission that counts for it: its own, or the earlier one of the same file.
    """

    path: Path
    kind: Kind
    student: str | None = None
    door: Door = Door.API
    id: str | None = None
    earlier: frozenset[str] = frozenset()
    folder: Path | None = None
    run: int = 1
    refusal: str | None = None
    status: Status | None = None
    marked_as: Status | None = None
    transcript: Transcript | None = None
    timeline: Timeline | None = None

    @property
    def owner(self) -> str | None:
        """The student: as the class list has them, else as the file says, else as was found on the sheet."""
        found = self.status.student if self.status else None
        return found if self.status and self.status.on_roster else self.student or found

    @property
    def name(self) -> str:
        """How it is called on the screen."""
        return self.owner or self.path.name

    @property
    def result(self) -> SheetResult | None:
        return self.marked_as.result if self.marked_as else None

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it by itself."""
        if self.refusal is not None:
            return True
        return self.status is not None and (self.status.ended or self.status.paper_unusable)

    @property
    def well(self) -> bool:
        return self.status is not None and self.status.well and self.refusal is None and not self._first_ended_badly

    @property
    def _first_ended_badly(self) -> bool:
        """Whether this file was sent before, and came to nothing then."""
        first = self.marked_as
        return first is not None and first.id != self.id and first.ended and not first.well

    @property
    def marks(self) -> tuple[QuestionMark, ...]:
        return self.result.questions if self.result else ()

    @property
    def doubtful(self) -> tuple[QuestionMark, ...]:
        """The answers that want a person."""
        return tuple(mark for mark in self.marks if mark.review)

    @property
    def problem(self) -> str | None:
        """Why there are no marks, in a sentence; None where there are."""
        if self.refusal:
            return self.refusal
        if self.status and self.status.reason:
            return self.status.reason.message
        if self._first_ended_badly and self.marked_as and self.marked_as.reason:
            return self.marked_as.reason.message
        if self.status and self.status.ended and not self.well:
            return "It ended without a reason."
        return None


def collect(paths: Iterable[Path]) -> tuple[list[Delivery], dict[Path, str]]:
    """The answer sheets among files and folders (not their subfolders), and what was passed over in folders: why, in
    the words after its name; "" for a file of another type.

    Each sheet's student is its file's name without the extension. A sheet of a folder that is too large or cannot be
    opened is there with its `refusal`: it is some student's.

    Raises
    ------
    UsageError
        A path does not exist, a file named itself is of no type that is read or cannot be read, a folder cannot be
        listed, a name cannot be a student's, or two sheets would be one student's.
    """
    sheets: list[Delivery] = []
    passed_over: dict[Path, str] = {}
    for path in paths:
        if path.is_dir():
            files, others = _inside(path)
            sheets += [sheet for file in files if (sheet := _sheet(file, path))]
            passed_over |= others
        else:
            check_readable(path)
            sheets.append(Delivery(path, Kind.ANSWER_SHEET, student_of(path)))
    refuse_namesakes(sheets)
    return sheets, passed_over


def _sheet(file: Path, folder: Path) -> Delivery | None:
    """A file of a folder on its way; None where it is gone since the folder was listed."""
    sheet = Delivery(file, Kind.ANSWER_SHEET, student_of(file), folder=folder)
    try:
        check_regular(file, within=folder)
    except UnusableFile as error:
        sheet.refusal = str(error)
        return None if error.gone else sheet
    return sheet


def _inside(folder: Path) -> tuple[list[Path], dict[Path, str]]:
    """The files of a folder that can be sheets, in order; and the others with the reason."""
    files: list[Path] = []
    others: dict[Path, str] = {}
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder} cannot be opened ({error.strerror}).") from None
    for entry in entries:
        if is_clutter(entry):
            continue
        readable = filetypes.by_name(entry.name)
        try:
            stat_regular(entry, within=folder)
        except UnusableFile as error:
            # Subfolders and the like are no sheets by their names, and nobody has to be told.
            if readable and not error.gone:
                others[entry] = error.why
            continue
        if readable:
            files.append(entry)
        else:
            others[entry] = ""
    return files, others


def check_readable(path: Path) -> None:
    """
    Raises
    ------
    UsageError
        There is no such file, or its name says that it is of no type that is read.
    """
    check_file(path)
    if not filetypes.by_name(path.name):
        raise UsageError(f"{path} is not {filetypes.READABLE} by its name.")


def check_file(path: Path) -> None:
    """
    Raises
    ------
    UsageError
        There is no file, something else stands there, or it is too large or cannot be read.
    """
    try:
        check_regular(path)
    except UnusableFile as error:
        raise UsageError(f"There is no file {path}." if error.gone else str(error)) from None


def student_of(path: Path) -> str:
    """
    Raises
    ------
    UsageError
        The name cannot be a student's label.
    """
    # Some file systems take names apart (é as e and an accent); a student is one student on all of them.
    stem = unicodedata.normalize("NFC", path.stem)
    try:
        return parse_student(stem) or stem
    except RequestRefused as refused:
        raise UsageError(f"{path.name}: {refused.message}") from None


def is_clutter(path: Path) -> bool:
    return path.name.lower().startswith(_CLUTTER)


def send(delivery: Delivery, client: ApiClient, assessment: str, *, drop: Drop | None = None) -> None:
    """Send one file by its door, unless it is refused already. A refusal is kept with it, not raised, and so is why
    it can no longer be opened. A file too large for a body is uploaded."""
    if delivery.refusal is not None:
        return
    try:
        body = read_regular(delivery.path, within=delivery.folder)
    except UnusableFile as error:
        delivery.refusal = str(error)
        return
    media_type = filetypes.by_name(delivery.path.name) or "application/octet-stream"
    if delivery.door is Door.DROP and drop:
        drop(drop_key(delivery, assessment), body, media_type)
        return
    if delivery.door is Door.API and len(body) > Settings.max_body_bytes:
        delivery.door = Door.UPLOAD
    call = client.upload if delivery.door is Door.UPLOAD else client.submit
    try:
        receipt = call(assessment, delivery.kind.value, body, media_type=media_type, student=delivery.student)
    except ApiError as error:
        if error.status in (401, 403):
            raise
        delivery.refusal = str(error)
    else:
        delivery.id, delivery.run = receipt.id, receipt.run


def send_all(deliveries: Sequence[Delivery], client: ApiClient, assessment: str, *, drop: Drop | None = None) -> None:
    """Send them at once, a few at a time.

    Raises
    ------
    Unreachable, ApiError
        Nobody answers, or the token is not accepted.
    """
    waiting: SimpleQueue[Delivery] = SimpleQueue()
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for delivery in deliveries:
        waiting.put(delivery)

    def work() -> None:
        while True:
            try:
                send(waiting.get_nowait(), client, assessment, drop=drop)
            except Empty:
                return
            except BaseException as error:  # noqa: BLE001 - raised again by the one who waits
                done.put(error)
            else:
                done.put(None)

    # Daemons: who stops (Ctrl-C, a token that is not accepted) does not wait for an answer that may not come.
    for _ in range(min(len(deliveries), _AT_ONCE)):
        Thread(target=work, daemon=True, name="send").start()
    for _ in deliveries:
        problem = done.get()
        if problem is not None:
            with suppress(Empty):
                while True:
                    waiting.get_nowait()
            raise problem


def drop_key(delivery: Delivery, assessment: str) -> str:
    """Where a file goes in the drop folder (`receive/drop.py` has the grammar)."""
    extension = delivery.path.suffix.lower()
    match delivery.kind:
        case Kind.QUESTION_PAPER:
            return f"drop/{assessment}/question-paper{extension}"
        case Kind.ANSWER_KEY:
            return f"drop/{assessment}/answer-key{extension}"
        case _:
            return f"drop/{assessment}/answers/{delivery.student}{extension}"


def refuse_namesakes(sheets: Sequence[Delivery]) -> None:
    """
    Raises
    ------
    UsageError
        Two sheets have one student's label.
    """
    seen: dict[str, Path] = {}
    for sheet in sheets:
        if sheet.student is None:
            continue
        if sheet.student in seen:
            raise UsageError(
                f"{seen[sheet.student]} and {sheet.path} would both be the sheet of “{sheet.student}”. "
                "Rename one of them."
            )
        seen[sheet.student] = sheet.path
