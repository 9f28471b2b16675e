"""A sheet is matched to a student of the roster by name or number, or left to a person."""

import pytest

from core.models.roster import Roster, Student
from grade.sheet.student_matching import match_student

CLASS = Roster(
    (
        Student("Amara Whitlock", "Amara Whitlock", "10A-017"),
        Student("Callum Oakes", "Callum Oakes", "10A-018"),
        Student("José-María Peña", "José-María Peña", "10A-019"),
        Student("Li Wei", "Li Wei", "10A-020"),
        Student("Anna Schmidt", "Anna Schmidt", "10A-021"),
        Student("Anna Schmitt", "Anna Schmitt", "10A-022"),
        Student("van der Berg, Noor", "van der Berg, Noor", "10A-023"),
        Student("1042", "", "1042"),
        Student("Łukasz Żak", "Łukasz Żak", "10A-024"),
    )
)


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("Amara Whitlock", "Amara Whitlock"),
        ("Name: Amara Whitlock    Class: 10A", "Amara Whitlock"),
        ("Amara Whitl0ck", "Amara Whitlock"),
        ("AMARA  WHITLOCK", "Amara Whitlock"),
        ("Whitlock, Amara", "Amara Whitlock"),
        ("Amora Whitlack", "Amara Whitlock"),
        ("A. Whitlock", "Amara Whitlock"),
        ("Callum Oakes class 10A", "Callum Oakes"),
        ("Jose Maria Pena", "José-María Peña"),
        ("Noor van der Berg", "van der Berg, Noor"),
        ("Wei Li", "Li Wei"),
        ("Roll No. 10A-018", "Callum Oakes"),
        ("1OA-O18", "Callum Oakes"),
        ("10A 018", "Callum Oakes"),
        ("Candidate 1042", "1042"),
        ("anna schmitt 10A-022", "Anna Schmitt"),
        ("Lukasz Zak", "Łukasz Żak"),
    ],
)
def test_the_name_line_of_a_sheet_finds_its_student(line: str, label: str) -> None:
    matched_student = match_student(None, line, CLASS)
    assert (matched_student.label, matched_student.certain) == (label, True)


@pytest.mark.parametrize(
    "line",
    [
        "Bogdan Ilić",
        "Whitlock",
        "Amara",
        "Anna Schmi",
        "10A",
        "10A-01",
        "104",
        "Name:",
        "",
        "A. W.",
        "Science test class 10A",
        # One student's name with another's number.
        "Amara Whitlock 10A-018",
    ],
)
def test_an_uncertain_name_line_matches_nobody(line: str) -> None:
    matched_student = match_student(None, line, CLASS)
    assert (matched_student.label, matched_student.certain) == (None, False)


def test_students_with_similar_names_are_distinguished_or_not_matched() -> None:
    assert (
        match_student(None, "Anna Schmidt", CLASS).certain is False
        or match_student(None, "Anna Schmidt", CLASS).label == "Anna Schmidt"
    )
    assert match_student(None, "Anna Schmlt", CLASS).label is None


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("たかた けん", "たかだ けん"),
        ("ハマ", "パマ"),
        ("मुकेश कुमार", "मुकेश कुमारी"),
        ("佐藤 健太郎", "佐藤 健大郎"),
        ("李 伟", "李 伟明"),
        ("박 지영", "박 지연"),
    ],
)
def test_names_in_syllabic_scripts_must_match_exactly(name: str, line: str) -> None:
    listed = Roster((Student(name, name), Student("Amara Whitlock", "Amara Whitlock")))
    assert match_student(None, name, listed).label == name
    assert match_student(None, line, listed).label is None
    assert not match_student(line, None, listed).certain
    assert not match_student(name, line, Roster((*listed.students, Student(line, line)))).certain


def test_without_a_roster_a_name_line_proves_nothing() -> None:
    assert match_student(None, "Amara Whitlock", None) == match_student(None, None, None)
    assert match_student("Ada", None, None).certain
    assert match_student("Ada", "Somebody Else", None).label == "Ada"


@pytest.mark.parametrize(
    ("declared", "line", "label", "certain"),
    [
        ("Amara Whitlock", None, "Amara Whitlock", True),
        ("amara-whitlock", None, "Amara Whitlock", True),
        ("Whitlock_Amara", None, "Amara Whitlock", True),
        ("berg-noor-van-der", None, "van der Berg, Noor", True),
        ("10A-017", "Amara Whitlock", "Amara Whitlock", True),
        ("scan0001", None, "scan0001", False),
        # Uploaded under one name, signed with another's.
        ("Amara Whitlock", "Callum Oakes", "Amara Whitlock", False),
        ("Amara Whitlock", "illegible", "Amara Whitlock", True),
    ],
)
def test_the_uploads_label_is_checked_against_roster_and_sheet(
    declared: str, line: str | None, label: str, certain: bool
) -> None:
    matched_student = match_student(declared, line, CLASS)
    assert (matched_student.label, matched_student.certain) == (label, certain)
