"""The submissions of an assessment as its tables list them: exports, feedback, and the comparison with the roster.

Which student a sheet belongs to is computed on each request, so that it reflects a new roster. A record stores only the
label that came with the upload or that grading found on the sheet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from core.models.document_kinds import DocumentKind
from core.models.roster import Roster, StudentMatcher, build_student_matcher
from core.models.submission import TERMINAL_STATES, SubmissionState
from core.storage.encryption import TextCipher
from core.storage.outcome_attributes import QuestionSummary
from core.storage.submission_record import MARKED_STATES, SubmissionRecord

_WITHOUT_MARKS = (SubmissionState.REJECTED, SubmissionState.FAILED)


@dataclass(frozen=True, slots=True)
class RosterMatch:
    """The student that a submission belongs to: the roster's label if the roster has the student, otherwise the
    submission's own `label`.

    `on_roster` says whether the roster has the student; None if there is no roster, if the submission is not a sheet,
    or if a sheet without a label is not graded yet.
    """

    student: str | None
    label: str | None
    on_roster: bool | None

    def to_dict(self) -> dict[str, Any]:
        return {"student": self.student, "label": self.label, "on_roster": self.on_roster}


def match_student_label(
    label: str | None, kind: DocumentKind, state: SubmissionState, matcher: StudentMatcher | None
) -> RosterMatch:
    """Match a submission's label with the roster. `matcher` is None if there is no roster."""
    if matcher is None or not is_sheet(kind, state) or not (label or state in TERMINAL_STATES):
        return RosterMatch(label, label, None)
    student = matcher.match(label) if label else None
    return RosterMatch(student.label if student else label, label, student is not None)


def is_sheet(kind: DocumentKind, state: SubmissionState) -> bool:
    return kind.rules.is_graded and state is not SubmissionState.ERASED


@dataclass(frozen=True, slots=True)
class ListedSubmission:
    """A submission in a table. `marks` and `max_marks` are None, and `questions` is empty, if it has no marks of its
    last run. `counts_from`: of several attempts of a student, the one with the latest time counts."""

    id: str
    kind: DocumentKind
    state: SubmissionState
    counts_from: str
    match: RosterMatch
    marks: float | None
    max_marks: float | None
    questions: tuple[QuestionSummary, ...]

    @property
    def student(self) -> str | None:
        return self.match.student

    @property
    def is_attempt(self) -> bool:
        """Whether this is a sheet that may count: not erased, and not a duplicate of another."""
        return is_sheet(self.kind, self.state) and self.state is not SubmissionState.DUPLICATE_OF

    @classmethod
    def from_record(cls, record: SubmissionRecord, cipher: TextCipher, matcher: StudentMatcher | None) -> Self:
        label = cipher.decrypt(record.student, associated_data=record.id) if record.student else None
        is_marked = record.state in MARKED_STATES
        return cls(
            id=record.id,
            kind=record.kind,
            state=record.state,
            counts_from=record.last_received_at,
            match=match_student_label(label, record.kind, record.state, matcher),
            marks=record.marks if is_marked else None,
            max_marks=record.max_marks if is_marked else None,
            questions=(record.question_marks or ()) if record.has_marks else (),
        )


def list_for_table(
    records: Iterable[SubmissionRecord], cipher: TextCipher, roster: Roster | None
) -> list[ListedSubmission]:
    """The records as a table lists them, matched with the roster (None: there is none)."""
    matcher = build_student_matcher(roster) if roster else None
    return [ListedSubmission.from_record(record, cipher, matcher) for record in records]


def counting_sheets(listed: Iterable[ListedSubmission]) -> list[ListedSubmission]:
    """The sheet that counts for each student: the newest attempt, sorted by student. A rejected or failed attempt
    counts only if there is no other."""
    newest: dict[str, ListedSubmission] = {}
    for submission in listed:
        if not submission.is_attempt:
            continue
        student = submission.student or submission.id
        if student not in newest or _sort_key(submission) >= _sort_key(newest[student]):
            newest[student] = submission
    return [newest[student] for student in sorted(newest)]


def _sort_key(submission: ListedSubmission) -> tuple[bool, str]:
    return submission.state not in _WITHOUT_MARKS, submission.counts_from
