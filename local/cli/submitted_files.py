"""The files of a grading session: collecting them from paths, sending them, and their progress."""

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
# Prefixes of files that file managers, editors and browsers leave behind.
_IGNORED_PREFIXES = (".", "~", "thumbs.db", "desktop.ini")

DropFolderPut = Callable[[str, bytes, str], None]


class UsageError(Exception):
    """The command cannot be run as given. The message is a sentence for the user; the exit code is 2."""


@dataclass
class SubmittedFile:
    """One file, from its path to its result.

    `id` is None until the file is accepted (in the drop folder, until it appears in the assessment's listing;
    `earlier_ids` are older submissions of the same name, which are not this one). `folder` is the folder in which the
    file was found, None if the file itself was named. `refusal` is the sentence with which it was refused, or the
    reason why it could not be opened. `graded_submission` is the submission whose marks count: its own, or the earlier
    one of the same file.
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
        """The student's label on the class list, else the one given with the file, else the one found on the sheet."""
        found = self.status.student if self.status else None
        return found if self.status and self.status.on_roster else self.student or found

    @property
    def name(self) -> str:
        """The name to display."""
        return self.student_label or self.path.name

    @property
    def result(self) -> SheetResult | None:
        return self.graded_submission.result if self.graded_submission else None

    @property
    def ended(self) -> bool:
        """True if its status will not change by itself any more."""
        if self.refusal is not None:
            return True
        return self.status is not None and (self.status.ended or self.status.paper_unusable)

    @property
    def succeeded(self) -> bool:
        return self.status is not None and self.status.succeeded and self.refusal is None and not self._original_failed

    @property
    def _original_failed(self) -> bool:
        """True if this is a duplicate of a file whose submission failed."""
        first = self.graded_submission
        return first is not None and first.id != self.id and first.ended and not first.succeeded

    @property
    def marks(self) -> tuple[QuestionMark, ...]:
        return self.result.questions if self.result else ()

    @property
    def marks_in_review(self) -> tuple[QuestionMark, ...]:
        """The marks that need review."""
        return tuple(mark for mark in self.marks if mark.review)

    @property
    def failure(self) -> str | None:
        """Why there are no marks, in a sentence; None if there are marks."""
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
    """Return the answer sheets among files and folders (without subfolders), and the skipped entries of the folders.

    A skipped entry has its reason as a predicate to follow its name, or "" if it is a file of another type. Each
    sheet's student is its file name without the extension. A file in a folder that is too large or cannot be opened is
    returned with a `refusal`, because it is some student's sheet.

    Raises
    ------
    UsageError
        A path does not exist, a named file is of an unsupported type or cannot be read, a folder cannot be listed, a
        file name cannot be a student's label, or two sheets would be the same student's.
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
    """Return a sheet for a file in a folder; None if the file is gone since the folder was listed."""
    sheet = SubmittedFile(file, DocumentKind.ANSWER_SHEET, student_from_file_name(file), folder=folder)
    try:
        check_regular(file, within=folder)
    except UnusableFile as error:
        sheet.refusal = str(error)
        return None if error.is_missing else sheet
    return sheet


def _split_folder_entries(folder: Path) -> tuple[list[Path], dict[Path, str]]:
    """Return the files of a folder that can be sheets, in order, and the other entries with the reason."""
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
            # Subfolders and the like, whose names are not those of sheets, are not worth a message.
            if readable and not error.is_missing:
                others[entry] = error.detail
            continue
        if readable:
            files.append(entry)
        else:
            others[entry] = ""
    return files, others


def check_readable(path: Path) -> None:
    """Check that a file can be read and that its name has the extension of a supported type.

    Raises
    ------
    UsageError
        It cannot be read, or its type is not supported.
    """
    check_file(path)
    if not media_types.media_type_from_name(path.name):
        raise UsageError(f"{path} is not {media_types.SUPPORTED_TYPES_TEXT} by its name.")


def check_file(path: Path) -> None:
    """Check that a path is a readable regular file of an allowed size.

    Raises
    ------
    UsageError
        There is no file, the path is something else, or the file is too large or cannot be read.
    """
    try:
        check_regular(path)
    except UnusableFile as error:
        raise UsageError(f"There is no file {path}." if error.is_missing else str(error)) from None


def student_from_file_name(path: Path) -> str:
    """Return a student's label from a file name without its extension.

    Raises
    ------
    UsageError
        The name cannot be a student's label.
    """
    # Some file systems decompose names (é as e and an accent); NFC gives one label on all of them.
    stem = unicodedata.normalize("NFC", path.stem)
    try:
        return parse_student(stem) or stem
    except RequestRefused as refused:
        raise UsageError(f"{path.name}: {refused.message}") from None


def is_ignored_file(path: Path) -> bool:
    return path.name.lower().startswith(_IGNORED_PREFIXES)


def send_file(
    submitted: SubmittedFile, client: ApiClient, assessment: str, *, drop_folder_put: DropFolderPut | None = None
) -> None:
    """Send one file through its channel, unless it is already refused.

    A refusal by the API, or the reason why the file can no longer be opened, is stored in `refusal` and not raised. A
    file too large for a request body is uploaded to S3.

    Raises
    ------
    ApiUnreachable, ApiError
        The API does not answer, or the token is not accepted (401, 403).
    """
    if submitted.refusal is not None:
        return
    try:
        body = read_regular(submitted.path, within=submitted.folder)
    except UnusableFile as error:
        submitted.refusal = str(error)
        return
    media_type = media_types.media_type_from_name(submitted.path.name) or "application/octet-stream"
    if submitted.channel is IntakeChannel.DROP and drop_folder_put:
        drop_folder_put(drop_key(submitted, assessment), body, media_type)
        return
    if submitted.channel is IntakeChannel.API and len(body) > Settings.max_body_bytes:
        submitted.channel = IntakeChannel.UPLOAD
    call = client.upload if submitted.channel is IntakeChannel.UPLOAD else client.submit
    try:
        accepted = call(assessment, submitted.kind.value, body, media_type=media_type, student=submitted.student)
    except ApiError as error:
        if error.status in (401, 403):
            raise
        submitted.refusal = str(error)
    else:
        submitted.id, submitted.run = accepted.id, accepted.run


def send_files(
    submitted_files: Sequence[SubmittedFile],
    client: ApiClient,
    assessment: str,
    *,
    drop_folder_put: DropFolderPut | None = None,
) -> None:
    """Send files in parallel, at most eight at a time. The first failure stops the files not yet started.

    Raises
    ------
    ApiUnreachable, ApiError
        The API does not answer, or the token is not accepted.
    """
    waiting: SimpleQueue[SubmittedFile] = SimpleQueue()
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for submitted in submitted_files:
        waiting.put(submitted)

    def work() -> None:
        while True:
            try:
                send_file(waiting.get_nowait(), client, assessment, drop_folder_put=drop_folder_put)
            except Empty:
                return
            except BaseException as error:  # noqa: BLE001 - raised again by the waiting thread
                done.put(error)
            else:
                done.put(None)

    # Daemon threads: after Ctrl-C or a refused token, the process does not wait for a response that may not come.
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
    """Return a file's S3 key in the drop_folder_put folder (`receive/drop_folder.py` has the grammar)."""
    extension = submitted.path.suffix.lower()
    match submitted.kind:
        case DocumentKind.QUESTION_PAPER:
            return f"drop/{assessment}/question-paper{extension}"
        case DocumentKind.ANSWER_KEY:
            return f"drop/{assessment}/answer-key{extension}"
        case _:
            return f"drop/{assessment}/answers/{submitted.student}{extension}"


def reject_duplicate_students(sheets: Sequence[SubmittedFile]) -> None:
    """Check that every sheet has a different student.

    Raises
    ------
    UsageError
        Two sheets have the same student's label.
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
