"""The table of an assessment's marks: the sheet that counts for each student, and how a row is written."""

from dataclasses import replace

from core.models.document_kinds import DocumentKind
from core.models.roster import Roster, Student, build_student_matcher
from core.models.submission import SubmissionState
from core.storage.outcome_attributes import QuestionSummary
from results.exports.results_table import build_table
from results.listed_submissions import ListedSubmission, RosterMatch, counting_sheets, match_student_label

SHEET = ListedSubmission(
    id="a",
    kind=DocumentKind.ANSWER_SHEET,
    state=SubmissionState.GRADED,
    counts_from="2030-01-01",
    match=RosterMatch("Ada", "ada", True),
    marks=1.5,
    max_marks=4.0,
    questions=(QuestionSummary("1", "1", 1.5, 2.0), QuestionSummary("2", "2", None, 2.0)),
)


def test_a_row_names_the_questions_without_a_mark() -> None:
    table = build_table([SHEET])
    assert table.to_dict() == {
        "questions": ["1", "2"],
        "sheets": [
            {
                "student": "Ada",
                "submission": "a",
                "state": "GRADED",
                "marks": 1.5,
                "max_marks": 4.0,
                "needs_review": False,
                "on_roster": True,
                "unmarked": ["2"],
                "questions": {"1": 1.5, "2": None},
            }
        ],
    }
    assert table.to_csv().splitlines() == [
        "student,submission,state,marks,max_marks,needs_review,Q1,Q2",
        "Ada,a,GRADED,1.5,4.0,no,1.5,",
    ]


def test_the_newest_attempt_counts_and_a_failed_one_only_without_another() -> None:
    newer = replace(SHEET, id="b", counts_from="2030-01-02")
    failed = replace(SHEET, id="c", counts_from="2030-01-03", state=SubmissionState.FAILED, questions=())
    assert counting_sheets([newer, SHEET, failed]) == [newer]
    assert counting_sheets([failed]) == [failed]


def test_duplicates_and_papers_are_not_in_the_table() -> None:
    duplicate = replace(SHEET, state=SubmissionState.DUPLICATE_OF)
    paper = replace(SHEET, kind=DocumentKind.QUESTION_PAPER)
    assert build_table([duplicate, paper]).rows == ()


def test_sheets_without_a_student_are_listed_each_by_itself() -> None:
    unknown = replace(SHEET, match=RosterMatch(None, None, False))
    assert [row.submission_id for row in build_table([unknown, replace(unknown, id="b")]).rows] == ["a", "b"]


def test_a_label_is_matched_once_its_sheet_is_graded_or_has_one() -> None:
    matcher = build_student_matcher(Roster((Student("Ada Lovelace", "Ada Lovelace", "7"),)))
    sheet, graded, reading = DocumentKind.ANSWER_SHEET, SubmissionState.GRADED, SubmissionState.READING
    assert match_student_label("7", sheet, reading, matcher) == RosterMatch("Ada Lovelace", "7", True)
    assert match_student_label("Bo", sheet, graded, matcher) == RosterMatch("Bo", "Bo", False)
    assert match_student_label(None, sheet, graded, matcher) == RosterMatch(None, None, False)
    assert match_student_label(None, sheet, reading, matcher) == RosterMatch(None, None, None)
    assert match_student_label("7", sheet, graded, None) == RosterMatch("7", "7", None)
    assert match_student_label("7", DocumentKind.QUESTION_PAPER, graded, matcher) == RosterMatch("7", "7", None)
