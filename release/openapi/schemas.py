"""Request and response bodies of the API. Times are UTC, `2026-01-31T08:30:00.125Z`.

Class names are the component names of the OpenAPI document, which generated clients use: they stay.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from core.models.assessment import MarkingScheme, Option, QuestionPaper, QuestionType
from core.models.merged_paper import MarksSource
from core.models.result import PageRegion, ReviewReason, SheetResult
from core.models.submission import DocumentKind, IntakeChannel, SubmissionState

Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
Box = tuple[float, float, float, float]


class Problem(TypedDict):
    """An error (RFC 9457). `detail` is a sentence for a person and says what to do."""

    type: str
    title: str
    status: int
    detail: str


class Refusal(TypedDict):
    """The gateway's own response to a request that did not reach the API."""

    message: str


class Receipt(TypedDict):
    """The file is stored durably and its execution exists."""

    id: Id
    run: int
    state: SubmissionState
    location: str


class Ticket(TypedDict):
    """Post `fields` in this order, then the file (field `file`), to `url` as multipart/form-data."""

    id: Id
    url: str
    fields: dict[str, str]
    expires_at: Time


class UploadRequest(TypedDict):
    assessment: Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    kind: DocumentKind
    student: NotRequired[Annotated[str, Field(max_length=128)] | None]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=1)]
    media_type: NotRequired[str | None]


class Reason(TypedDict):
    """Why a submission ended without marks, or was not used as a paper or key; for a sheet that is AWAITING_PAPER, why
    the uploaded paper cannot be used."""

    type: str
    message: str


class Lane(TypedDict):
    """A branch of the run. Only reading has `pages_total`, `pages_done` and `first_ocr_at`."""

    state: Literal["waiting", "running", "done", "failed"]
    started_at: NotRequired[Time | None]
    ended_at: NotRequired[Time | None]
    pages_total: NotRequired[int | None]
    pages_done: NotRequired[int | None]
    first_ocr_at: NotRequired[Time | None]


class Lanes(TypedDict):
    reading: Lane
    storing: Lane
    recording: Lane
    grading: Lane


class Timeline(TypedDict):
    """Timestamps of the run. `saved_ms`: time saved by running the branches in parallel, known from the join on."""

    received_at: Time
    first_ocr_at: NotRequired[Time | None]
    read_at: NotRequired[Time | None]
    stored_at: NotRequired[Time | None]
    recorded_at: NotRequired[Time | None]
    joined_at: NotRequired[Time | None]
    graded_at: NotRequired[Time | None]
    saved_ms: NotRequired[int | None]


class Paid(TypedDict):
    """The number of calls that cost money, including those of failed attempts."""

    ocr_calls: int
    model_calls: int


class File(TypedDict):
    media_type: str | None
    size: int | None
    pages: int | None


class ChangedQuestion(TypedDict):
    """What a teacher's change adds to a question's mark or to its recognised answer."""

    changed_by: str
    changed_at: Time
    read_by: str
    read_at: Time


class QuestionSummary(TypedDict):
    """A question's mark as an entry of a list."""

    question: str
    label: str
    marks: float | None
    max_marks: float
    review: list[ReviewReason]
    counted: bool
    answered: bool
    machine_marks: NotRequired[float | None]
    marker: NotRequired[str]
    changed_by: NotRequired[str]
    changed_at: NotRequired[Time]


class Status(TypedDict):
    """A submission. Before it is recorded, the status comes from its execution and has fewer fields; of an erased one
    only its identity is left. `label` is the student's name from the upload or from the sheet; `student` is the class
    list's label for it if the list has the student (`on_roster`; null if there is no list, or if it is not known
    yet)."""

    id: Id
    run: int
    assessment: str
    kind: DocumentKind
    student: str | None
    label: str | None
    on_roster: bool | None
    state: SubmissionState
    door: IntakeChannel
    received_at: Time
    counts_from: NotRequired[Time]
    ended_at: Time | None
    erased_at: NotRequired[Time]
    reason: Reason | None
    duplicate_of: Id | None
    revision: NotRequired[int | None]
    edition: NotRequired[str | None]
    marks: NotRequired[float | None]
    max_marks: NotRequired[float | None]
    lanes: Lanes | None
    timeline: Timeline
    paid: Paid | None
    result: SheetResult | None
    paper: QuestionPaper | None
    file: File
    question_marks: NotRequired[list[QuestionSummary] | None]


class Submissions(TypedDict):
    """`next` is the cursor of the following page; null after the last."""

    submissions: list[Status]
    next: str | None


class TranscriptLine(TypedDict):
    """`words` are triples of text, confidence and box."""

    text: str
    confidence: float
    box: Box
    handwriting: bool
    words: list[tuple[str, float, Box]]


class TranscriptPage(TypedDict):
    number: int
    source: Literal["text_layer", "textract"]
    rotation: Literal[0, 90, 180, 270]
    aspect: float
    lines: list[TranscriptLine]


class TranscriptPart(TypedDict):
    """Pages from the requested one on, as many as fit in a response; `next` is the page to continue with."""

    pages: list[TranscriptPage]
    text: str
    warnings: list[str]
    next: int | None


class Mark(TypedDict):
    """null removes a teacher's mark: the mark from grading counts again."""

    marks: float | None


class Answer(TypedDict):
    """The answer's text as a teacher reads it, "" for no answer; null restores the recognised text."""

    answer: str | None


class Erased(TypedDict):
    id: Id
    state: Literal["ERASED"]


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
    Problem, Refusal, Receipt, Ticket, UploadRequest, Status, Submissions, TranscriptPart, Mark, Answer, Erased,
    Assessments, Assessment, CorrectedPaper, PaperKept, SchemeKept, RosterKept, RosterCompared,
    SettingsRequest, Settings, Results, PublicationRequest,
    Publication, PageRegion, ChangedQuestion, EntryFor,
)  # fmt: skip
