"""Collects answer sheets from files and folders, and checks files before anything is sent."""

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.models import media_types
from core.models.document_kinds import DocumentKind
from core.models.errors import RequestRefused
from core.models.submission import parse_student
from local.cli.regular_files import UnusableFile, check_regular, stat_regular
from local.cli.submitted_files import SubmittedFile, UsageError

# Prefixes of files that file managers, editors and browsers leave behind.
_IGNORED_PREFIXES = (".", "~", "thumbs.db", "desktop.ini")


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


def is_ignored_file(path: Path) -> bool:
    return path.name.lower().startswith(_IGNORED_PREFIXES)


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
