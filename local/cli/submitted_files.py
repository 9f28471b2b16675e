"""The files of one errand on their way: which there are, whose they are, by which door they go, how they fared."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from core.models import media_types
from core.models.errors import RequestRefused
from core.models.result import QuestionMark, SheetResult
from core.models.submission import DocumentKind, IntakeChannel, parse_student
from core.models.transcript import Transcript
from core.platform.settings import Settings
from local.cli.api_client import ApiClient, ApiError
from local.cli.execution_timeline import ExecutionTimeline
from local.cli.regular_files import UnusableFile, check_regular, read_regular, stat_regular
from local.cli.submission_status import SubmissionStatus

_MAX_PARALLEL_REQUESTS = 8
# What file managers, editors and browsers leave lying about.
_IGNORED_PREFIXES = (".", "~", "thumbs.db", "desktop.ini")

DropFolderPut = Callable[[str, bytes, str], None]


class UsageError(Exception):
    """What was asked for cannot be done as it was asked: a sentence, exit code 2."""


@dataclass
class SubmittedFile:
    """One file on its way.

    `id` is unknown until its receipt (in the drop folder, until it is seen in the assessment's list; `earlier`
    are ids of older submissions that it is not). `folder` is the one that it was found in, None for a file that was
    named itself. `refusal` is the sentence with which a door turned it away, or why it could not be opened.
    `marked_as` is the submission that counts for it: its own, or the earlier one of the same file.
    """

    path: Path
    kind: DocumentKind
    student: str | None = None
    channel: IntakeChannel = IntakeChannel.API
    id: str | None = None
    earlier_ids: frozenset[str] = frozenset()
    folder: Path | None = None
    run: int = 1
    refusal: str | None = None
    status: SubmissionStatus | None = None
    graded_submission: SubmissionStatus | None = None
    transcript: Transcript | None = None
    timeline: ExecutionTimeline | None = None

    @property
    def student_label(self) -> str | None:
        """The student: as the class list has them, else as the file says, else as was found on the sheet."""
        found = self.status.student if self.status else None
        return found if self.status and self.status.on_roster else self.student or found

    @property
    def name(self) -> str:
        """How it is called on the screen."""
        return self.student_label or self.path.name

    @property
    def result(self) -> SheetResult | None:
        return self.graded_submission.result if self.graded_submission else None

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it by itself."""
        if self.refusal is not None:
            return True
        return self.status is not None and (self.status.ended or self.status.paper_unusable)

    @property
    def succeeded(self) -> bool:
        return self.status is not None and self.status.succeeded and self.refusal is None and not self._original_failed

    @property
    def _original_failed(self) -> bool:
        """Whether this file was sent before, and came to nothing then."""
        first = self.graded_submission
        return first is not None and first.id != self.id and first.ended and not first.succeeded

    @property
    def marks(self) -> tuple[QuestionMark, ...]:
        return self.result.questions if self.result else ()

    @property
    def marks_in_review(self) -> tuple[QuestionMark, ...]:
        """The answers that want a person."""
        return tuple(mark for mark in self.marks if mark.review)

    @property
    def failure(self) -> str | None:
        """Why there are no marks, in a sentence; None where there are."""
        if self.refusal:
            return self.refusal
        if self.status and self.status.reason:
            return self.status.reason.message
        if self._original_failed and self.graded_submission and self.graded_submission.reason:
            return self.graded_submission.reason.message
        if self.status and self.status.ended and not self.succeeded:
            return "It ended without a reason."
        return None


def collect_sheets(paths: Iterable[Path]) -> tuple[list[SubmittedFile], dict[Path, str]]:
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
    sheets: list[SubmittedFile] = []
    skipped: dict[Path, str] = {}
    for path in paths:
        if path.is_dir():
            files, others = _split_folder_entries(path)
            sheets += [sheet for file in files if (sheet := _sheet_from_file(file, path))]
            skipped |= others
        else:
            check_readable(path)
            sheets.append(SubmittedFile(path, DocumentKind.ANSWER_SHEET, student_from_file_name(path)))
    reject_duplicate_students(sheets)
    return sheets, skipped


def _sheet_from_file(file: Path, folder: Path) -> SubmittedFile | None:
    """A file of a folder on its way; None where it is gone since the folder was listed."""
    sheet = SubmittedFile(file, DocumentKind.ANSWER_SHEET, student_from_file_name(file), folder=folder)
    try:
        check_regular(file, within=folder)
    except UnusableFile as error:
        sheet.refusal = str(error)
        return None if error.is_missing else sheet
    return sheet


def _split_folder_entries(folder: Path) -> tuple[list[Path], dict[Path, str]]:
    """The files of a folder that can be sheets, in order; and the others with the reason."""
    files: list[Path] = []
    others: dict[Path, str] = {}
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"{folder} cannot be opened ({error.strerror}).") from None
    for entry in entries:
        if is_ignored_file(entry):
            continue
        readable = media_types.media_type_from_name(entry.name)
        try:
            stat_regular(entry, within=folder)
        except UnusableFile as error:
            # Subfolders and the like are no sheets by their names, and nobody has to be told.
            if readable and not error.is_missing:
                others[entry] = error.detail
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
    if not media_types.media_type_from_name(path.name):
        raise UsageError(f"{path} is not {media_types.SUPPORTED_TYPES_TEXT} by its name.")


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
        raise UsageError(f"There is no file {path}." if error.is_missing else str(error)) from None


def student_from_file_name(path: Path) -> str:
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


def is_ignored_file(path: Path) -> bool:
    return path.name.lower().startswith(_IGNORED_PREFIXES)


def send_file(
    submitted: SubmittedFile, client: ApiClient, assessment: str, *, drop: DropFolderPut | None = None
) -> None:
    """Send one file by its door, unless it is refused already. A refusal is kept with it, not raised, and so is why
    it can no longer be opened. A file too large for a body is uploaded."""
    if submitted.refusal is not None:
        return
    try:
        body = read_regular(submitted.path, within=submitted.folder)
    except UnusableFile as error:
        submitted.refusal = str(error)
        return
    media_type = media_types.media_type_from_name(submitted.path.name) or "application/octet-stream"
    if submitted.channel is IntakeChannel.DROP and drop:
        drop(drop_key(submitted, assessment), body, media_type)
        return
    if submitted.channel is IntakeChannel.API and len(body) > Settings.max_body_bytes:
        submitted.channel = IntakeChannel.UPLOAD
    call = client.upload if submitted.channel is IntakeChannel.UPLOAD else client.submit
    try:
        receipt = call(assessment, submitted.kind.value, body, media_type=media_type, student=submitted.student)
    except ApiError as error:
        if error.status in (401, 403):
            raise
        submitted.refusal = str(error)
    else:
        submitted.id, submitted.run = receipt.id, receipt.run


def send_files(
    submitted_files: Sequence[SubmittedFile], client: ApiClient, assessment: str, *, drop: DropFolderPut | None = None
) -> None:
    """Send them at once, a few at a time.

    Raises
    ------
    Unreachable, ApiError
        Nobody answers, or the token is not accepted.
    """
    waiting: SimpleQueue[SubmittedFile] = SimpleQueue()
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for submitted in submitted_files:
        waiting.put(submitted)

    def work() -> None:
        while True:
            try:
                send_file(waiting.get_nowait(), client, assessment, drop=drop)
            except Empty:
                return
            except BaseException as error:  # noqa: BLE001 - raised again by the one who waits
                done.put(error)
            else:
                done.put(None)

    # Daemons: who stops (Ctrl-C, a token that is not accepted) does not wait for an answer that may not come.
    for _ in range(min(len(submitted_files), _MAX_PARALLEL_REQUESTS)):
        Thread(target=work, daemon=True, name="send").start()
    for _ in submitted_files:
        failure = done.get()
        if failure is not None:
            with suppress(Empty):
                while True:
                    waiting.get_nowait()
            raise failure


def drop_key(submitted: SubmittedFile, assessment: str) -> str:
    """Where a file goes in the drop folder (`receive/drop_folder.py` has the grammar)."""
    extension = submitted.path.suffix.lower()
    match submitted.kind:
        case DocumentKind.QUESTION_PAPER:
            return f"drop/{assessment}/question-paper{extension}"
        case DocumentKind.ANSWER_KEY:
            return f"drop/{assessment}/answer-key{extension}"
        case _:
            return f"drop/{assessment}/answers/{submitted.student}{extension}"


def reject_duplicate_students(sheets: Sequence[SubmittedFile]) -> None:
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
