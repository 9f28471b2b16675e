"""Reads a roster file and assigns students to sheets by file name; the others are matched by the name on the sheet."""

from collections.abc import Sequence
from pathlib import Path

from core.models.errors import RequestRefused
from core.models.roster import Roster, build_student_matcher
from local.cli.regular_files import UnusableFile, read_regular
from local.cli.sheet_collection import reject_duplicate_students
from local.cli.submitted_files import SubmittedFile, UsageError


def read_roster(path: Path) -> Roster:
    """Read a roster (CSV, UTF-8).

    Raises
    ------
    UsageError
        The file cannot be read or is not a roster; the message names the line.
    """
    from results.roster_parser import parse_roster

    try:
        return parse_roster(read_regular(path).decode("utf-8-sig"))
    except RequestRefused as refused:
        raise UsageError(f"{path}: {refused.message}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text.") from None
    except UnusableFile as error:
        raise UsageError(f"{path} cannot be read: it {error.detail}.") from None


def assign_students(roster: Roster, sheets: Sequence[SubmittedFile]) -> None:
    """Set each sheet's student to the roster label that matches its file name, or to None ("scan0001").

    Raises
    ------
    UsageError
        Two files match the same student.
    """
    match = build_student_matcher(roster).match
    for sheet in sheets:
        student = match(sheet.student) if sheet.student else None
        sheet.student = student.label if student else None
    reject_duplicate_students(sheets)
