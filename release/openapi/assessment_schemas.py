"""Request and response bodies of assessments, exports and settings. Class names are component names, which stay."""

from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from core.models.assessment import MarkingScheme, Option, QuestionPaper, QuestionType
from core.models.merged_paper import MarksSource
from core.models.submission import SubmissionState
from release.openapi.submission_schemas import Id, Time


class AssessmentName(TypedDict):
    id: str


class Assessments(TypedDict):
    assessments: list[AssessmentName]


class EntryFor(TypedDict):
    """What an assessment adds to a scheme's entry: the question of the paper that it is for, null if there is none or
    more than one."""

    id: str | None


class QuestionMaximum(TypedDict):
    """The marks available for a question; null if its parts share a number that nothing divides among them. `source`:
    the marking scheme, the paper, the scheme's criteria, a share of the number printed for several parts, the
    question's parts, or nothing (it is marked out of 1). `printed`: the number on the paper."""

    question: str
    marks: float | None
    source: MarksSource
    printed: float | None


class MaximumMarks(TypedDict):
    """The maximum marks that sheets are graded by, for every node of the tree. `warnings`: where the totals printed on
    the paper do not match them."""

    total: float
    questions: list[QuestionMaximum]
    warnings: list[str]


class PaperProblem(TypedDict):
    """Why a question paper cannot be used, and which submission it is."""

    submission: Id
    type: str
    message: str


class Assessment(TypedDict):
    """The current paper and scheme, the number of students on the class list (null: there is none), and the number of
    submissions in each state. `paper_problem`: why the last uploaded question paper is not used; null again once a
    teacher has corrected the one that is."""

    id: str
    paper: QuestionPaper | None
    scheme: MarkingScheme | None
    maximum_marks: MaximumMarks | None
    revision: int
    paper_corrected_by: str | None
    paper_problem: PaperProblem | None
    students: int | None
    counts: dict[str, int]
    published_at: Time | None
    published_by: str | None
    changed_since: int | None


class CorrectedQuestion(TypedDict):
    """A question as corrected by a teacher. `id` is its id in the current paper, left out for a new question; the id
    follows a changed label. The server keeps positions and computes totals."""

    id: NotRequired[str | None]
    label: str
    type: QuestionType
    text: NotRequired[str | None]
    marks: NotRequired[float | None]
    options: NotRequired[list[Option]]
    choose: NotRequired[int | None]
    parts: NotRequired[list["CorrectedQuestion"]]
    page: NotRequired[int | None]
    box: NotRequired[list[float] | None]


class CorrectedPaper(TypedDict):
    """A question tree as returned by GET, with a teacher's changes."""

    title: NotRequired[str | None]
    printed_total: NotRequired[float | None]
    questions: list[CorrectedQuestion]
    total_marks: NotRequired[float]
    warnings: NotRequired[list[str]]


class PaperKept(TypedDict):
    assessment: str
    revision: int
    paper: QuestionPaper
    maximum_marks: MaximumMarks | None


class PublicationRequest(TypedDict):
    published: bool


class Publication(TypedDict):
    """When and by whom the marks were published, and how many sheets have different marks since; null if not."""

    assessment: str
    published_at: Time | None
    published_by: str | None
    changed_since: int | None


class SchemeKept(TypedDict):
    assessment: str
    entries: int
    warnings: list[str]


class RosterKept(TypedDict):
    """`again`: the number of sheets of an unknown student that are graded again."""

    assessment: str
    students: int
    again: int


class ListedStudent(TypedDict):
    student: str
    name: str
    number: str


class MatchedStudent(ListedStudent):
    """`submission`: the sheet that counts; `older`: other sheets of the same student, which do not count."""

    submission: Id
    state: SubmissionState
    older: list[Id]


class UnknownSheet(TypedDict):
    """A sheet whose label (null: none) matches no student on the class list, or more than one."""

    submission: Id
    label: str | None


class RosterCompared(TypedDict):
    assessment: str
    students: int
    matched: list[MatchedStudent]
    without_sheet: list[ListedStudent]
    unknown: list[UnknownSheet]


class SettingsRequest(TypedDict):
    model: bool
    spend_limit_usd: Annotated[float, Field(ge=0, le=1_000_000)] | None


class Settings(TypedDict):
    model: bool
    spend_limit_usd: float | None
    month: str
    spent_usd: float


class SheetRow(TypedDict):
    """The sheet that counts for a student. `questions`: marks by question, null if it has none yet; `unmarked`: the
    questions without a mark that count and are missing from `marks`."""

    student: str | None
    submission: Id
    state: SubmissionState
    marks: float | None
    max_marks: float | None
    needs_review: bool
    on_roster: bool | None
    unmarked: list[str]
    questions: dict[str, float | None]


class Results(TypedDict):
    assessment: str
    questions: list[str]
    sheets: list[SheetRow]


BODIES: tuple[Any, ...] = (
    Assessments, Assessment, CorrectedPaper, PaperKept, SchemeKept, RosterKept, RosterCompared, SettingsRequest,
    Settings, Results, PublicationRequest, Publication, EntryFor,
)  # fmt: skip
