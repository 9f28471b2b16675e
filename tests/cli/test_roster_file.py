"""Reading a roster file and assigning students to sheets by file name."""

from pathlib import Path

import pytest

from core.models.document_kinds import DocumentKind
from core.models.roster import Roster, Student
from local.cli.roster_file import assign_students, read_roster
from local.cli.submitted_files import SubmittedFile, UsageError


def test_a_roster_assigns_students_by_file_name(tmp_path: Path) -> None:
    sheets = [
        SubmittedFile(Path("scan0001.png"), DocumentKind.ANSWER_SHEET, "scan0001"),
        SubmittedFile(Path("17.png"), DocumentKind.ANSWER_SHEET, "17"),
    ]
    roster = tmp_path / "class.csv"
    roster.write_text("name;number\nAmara Whitlock;17\n", encoding="utf-8-sig")
    assign_students(read_roster(roster), sheets)
    assert [sheet.student for sheet in sheets] == [None, "Amara Whitlock"]
    roster.write_text("colour\nred\n")
    with pytest.raises(UsageError, match="Line 1"):
        read_roster(roster)
    with pytest.raises(UsageError, match="cannot be read"):
        read_roster(tmp_path / "missing.csv")


def test_file_names_match_roster_labels_and_no_student_twice() -> None:
    roster = Roster((Student("Lind, Maya", "Lind, Maya", "1003"), Student("Łukasz Żak", "Łukasz Żak", "1004")))
    files = ("maya-lind", "lukasz zak", "maya")
    sheets = [SubmittedFile(Path(f"{name}.png"), DocumentKind.ANSWER_SHEET, name) for name in files]
    assign_students(roster, sheets)
    assert [sheet.student for sheet in sheets] == ["Lind, Maya", "Łukasz Żak", None]
    twice = [SubmittedFile(Path(f"{name}.png"), DocumentKind.ANSWER_SHEET, name) for name in ("maya-lind", "1003")]
    with pytest.raises(UsageError, match=r"maya-lind\.png and 1003\.png would both be the sheet of “Lind, Maya”"):
        assign_students(roster, twice)
