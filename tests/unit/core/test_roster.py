"""Matching of labels to a roster: a label names one student or nobody, never somebody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.roster import Roster, Student, build_student_matcher

CLASS = Roster(
    (
        Student("Maya Lind", "Maya Lind", "1003"),
        Student("Oakes, Callum", "Oakes, Callum", "0042"),
        Student("Łukasz Żak", "Łukasz Żak", "2024-017"),
        Student("Søren Æbelø", "Søren Æbelø", "3"),
        Student("Jörg Müller", "Jörg Müller", "4"),
        Student("Siobhán O'Brien", "Siobhán O'Brien", "5"),
        Student("José-María Peña", "José-María Peña"),
        Student("Smith (1)", "John Smith", "1001"),
        Student("Smith (2)", "John Smith", "1002"),
        Student("Li Wei", "Li Wei", "11"),
        Student("Wei Li", "Wei Li", "12"),
        Student("Ελένη Παππά", "Ελένη Παππά"),
    )
)
MATCHER = build_student_matcher(CLASS)


@pytest.mark.parametrize(
    ("label", "student"),
    [
        ("Maya Lind", "Maya Lind"),
        ("maya-lind", "Maya Lind"),
        ("LIND_MAYA", "Maya Lind"),
        ("Lind, Maya", "Maya Lind"),
        ("1003", "Maya Lind"),
        ("lind-maya-1003", "Maya Lind"),
        ("callum.oakes", "Oakes, Callum"),
        ("0042", "Oakes, Callum"),
        ("Lukasz Zak", "Łukasz Żak"),
        ("2024_017", "Łukasz Żak"),
        ("Soren Aebelo", "Søren Æbelø"),
        ("soeren-aebeloe", "Søren Æbelø"),
        ("joerg mueller", "Jörg Müller"),
        ("Jorg Muller", "Jörg Müller"),
        ("obrien-siobhan", "Siobhán O'Brien"),
        ("o-brien siobhan", "Siobhán O'Brien"),
        ("jose maria pena", "José-María Peña"),
        ("Jose\u0301-Mari\u0301a Pen\u0303a", "José-María Peña"),
        ("maya\u200b lind", "Maya Lind"),
        ("ΕΛΕΝΗ ΠΑΠΠΑ", "Ελένη Παππά"),
        ("Smith (2)", "Smith (2)"),
        ("1002", "Smith (2)"),
        ("john-smith-1001", "Smith (1)"),
        ("Li Wei", "Li Wei"),
        ("wei-li-12", "Wei Li"),
    ],
)
def test_a_label_names_its_student(label: str, student: str) -> None:
    found = MATCHER.match(label)
    assert found is not None
    assert found.label == student


@pytest.mark.parametrize(
    "label",
    [
        "scan0001",
        "Maya",
        "Lind",
        "Maya Lindh",
        "Maya Sofia Lind",
        "42",
        "100",
        "10031002",
        "maya-lind-1001",
        "john smith",
        "li-wei",
        "---",
        "",
        " ",
        "\u200b",
    ],
)
def test_an_unknown_or_ambiguous_label_matches_nobody(label: str) -> None:
    assert MATCHER.match(label) is None


# Two people each, whose names differ only by marks that make another letter.
NAMESAKES = [
    ("たかた けん", "たかだ けん"),
    ("ハマ", "パマ"),
    ("ハマ", "バマ"),
    ("मुकेश कुमार", "मुकेश कुमारी"),
    ("सुनीता", "सुनीति"),
    ("सुनीता", "सनति"),
    ("কমল", "কমলা"),
    ("ราม", "รามี"),
    ("משה", "מֹשֶׁה"),
    ("احمد", "أحمد"),
    ("Сергии", "Сергий"),
    ("Іван", "Їван"),
]


@pytest.mark.parametrize(("one", "other"), [*NAMESAKES, *(pair[::-1] for pair in NAMESAKES)])
def test_marks_that_make_another_letter_distinguish_people(one: str, other: str) -> None:
    listed = Student("listed", one, "1")
    assert build_student_matcher(Roster((listed,))).match(one) == listed
    assert build_student_matcher(Roster((listed,))).match(other) is None
    both = (listed, Student("second", other, "2"))
    assert [build_student_matcher(Roster(both)).match(name) for name in (one, other)] == list(both)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("मुकेश कुमार", "कुमार_मुकेश"),
        ("ハマ", "ﾊﾏ"),
        ("パマ", "ﾊﾟﾏ"),
        ("パマ", "ハ\u309aマ"),
        ("김민수", "\u1100\u1175\u11b7\u1106\u1175\u11ab\u1109\u116e"),
        ("Алёна", "алена"),
        ("Сергей", "серге\u0438\u0306"),
        ("Ива\u0301н", "иван"),
        ("Nguyễn Thị Ánh", "nguyen-thi-anh"),
        ("Ώρα", "ωρα"),
        ("João", "joa\u0303o"),
    ],
)
def test_other_encodings_of_the_same_letters_match(name: str, label: str) -> None:
    listed = Student("listed", name, "1")
    assert build_student_matcher(Roster((listed,))).match(label) == listed


def test_a_number_that_is_anothers_name_matches_nobody() -> None:
    students = Roster((Student("a", "17", "1"), Student("b", "Ben", "17")))
    assert build_student_matcher(students).match("17") is None


def test_the_parts_of_a_number_are_not_reordered() -> None:
    students = Roster((Student("Ada", "Ada", "10-17"), Student("Ben", "Ben", "17-10")))
    assert [build_student_matcher(students).match(label) for label in ("10_17", "17-10")] == list(students.students)


def test_an_empty_number_matches_nobody() -> None:
    assert build_student_matcher(Roster((Student("Ada", "Ada"),))).match("-") is None


@given(st.lists(st.text("aäoø'- 12", min_size=1, max_size=6), unique=True, max_size=6), st.text(max_size=8))
def test_every_roster_matches_each_student_by_its_own_label(labels: list[str], other: str) -> None:
    students = Roster(tuple(Student(label, label, str(at)) for at, label in enumerate(labels)))
    matcher = build_student_matcher(students)
    for student in students.students:
        assert matcher.match(student.label) == student
    match = matcher.match(other)
    assert match is None or match in students.students
