"""The bodies that the API answers with and takes. Times are UTC, `2026-01-31T08:30:00.125Z`."""

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
    """What went wrong (RFC 9457). `detail` is a sentence for a person and says what to do."""

    type: str
    title: str
    status: int
    detail: str


class Refusal(TypedDict):
    """The gateway's own answer, where a request has not reached us."""

    message: str


class Receipt(TypedDict):
    """The file is durable and its execution exists."""

    id: Id
    run: int
    state: SubmissionState
    location: str


class Ticket(TypedDict):
    """Post `fields`, in their order, and then the file (field `file`) to `url` as multipart/form-data."""

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
    """Why a submission ended without marks, or was not used as a paper or key; of a sheet that is AWAITING_PAPER: why
    the paper that was sent cannot be used."""

    type: str
    message: str


class Lane(TypedDict):
    """`pages_total`, `pages_done` and `first_ocr_at` are the reading lane's."""

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
    """The moments of the run. `saved_ms`: what the lanes saved by running side by side, from the join on."""

    received_at: Time
    first_ocr_at: NotRequired[Time | None]
    read_at: NotRequired[Time | None]
    stored_at: NotRequired[Time | None]
    recorded_at: NotRequired[Time | None]
    joined_at: NotRequired[Time | None]
    graded_at: NotRequired[Time | None]
    saved_ms: NotRequired[int | None]


class Paid(TypedDict):
    """Calls that cost money, those of tries that died included."""

    ocr_calls: int
    model_calls: int


class File(TypedDict):
    media_type: str | None
    size: int | None
    pages: int | None


class ChangedQuestion(TypedDict):
    """What a teacher's change adds to a question's mark, or to its reading."""

    changed_by: str
    changed_at: Time
    read_by: str
    read_at: Time


class QuestionSummary(TypedDict):
    """A question's mark as it stands in a list."""

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
    """A submission. Before it is recorded the execution itself tells, and knows less; of an erased one no more is
    left than that it was there. `label` is what the upload, or the sheet's own line, calls the student; `student` the
    class list's label for that, where it has the student (`on_roster`; null where there is no list, or where nobody
    can tell yet)."""

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
    """`next`: what to ask with as `next` for those that follow; null after the last."""

    submissions: list[Status]
    next: str | None


class TranscriptLine(TypedDict):
    """`words`: text, confidence and box of each."""

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
    """Pages from the one that was asked for on, as far as one answer carries them; `next` is the page to go on with."""

    pages: list[TranscriptPage]
    text: str
    warnings: list[str]
    next: int | None


class Mark(TypedDict):
    """null takes a change back: the machine's mark counts again."""

    marks: float | None


class Answer(TypedDict):
    """What an answer says in a teacher's reading, "" for nothing at all; null lets the machine's reading count."""

    answer: str | None


class Erased(TypedDict):
    id: Id
    state: Literal["ERASED"]


class AssessmentName(TypedDict):
    id: str


class Assessments(TypedDict):
    assessments: list[AssessmentName]


class EntryFor(TypedDict):
    """What an assessment adds to a scheme's entry: the question of the paper that it is for, null where that is
    none or not sure."""

    id: str | None


class QuestionMaximum(TypedDict):
    """What a question is worth; null where its parts share a number that nothing shares out. `source`: the marking
    scheme, the paper, the scheme's criteria, a share of what is printed for several parts, the question's parts, or
    nothing (it is marked out of 1). `printed`: what the paper says."""

    question: str
    marks: float | None
    source: MarksSource
    printed: float | None


class MaximumMarks(TypedDict):
    """The numbers that sheets are graded by, for every node of the tree. `warnings`: where the paper's sums do not hold
    with them."""

    total: float
    questions: list[QuestionMaximum]
    warnings: list[str]


class PaperProblem(TypedDict):
    """What is wrong with a question paper, and which submission it is."""

    submission: Id
    type: str
    message: str


class Assessment(TypedDict):
    """The paper and the scheme that count now, how many students the roster lists (null: there is none), and how many
    submissions stand where. `paper_problem`: why the question paper that was sent last does not count; null again once
    a teacher has corrected the one that does."""

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
    """A question as a teacher has it. `id`: which of the paper's it is, left out for a new one; the id follows a
    changed label. What the paper says of places and sums is kept by the server."""

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
    """A question tree as GET gives it, with what a teacher has changed."""

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
    """Since when the marks are given out, by whom, and how many sheets have other marks since; null while held."""

    assessment: str
    published_at: Time | None
    published_by: str | None
    changed_since: int | None


class SchemeKept(TypedDict):
    assessment: str
    entries: int
    warnings: list[str]


class RosterKept(TypedDict):
    """`again`: sheets of an unknown student that are graded once more."""

    assessment: str
    students: int
    again: int


class ListedStudent(TypedDict):
    student: str
    name: str
    number: str


class MatchedStudent(ListedStudent):
    """`submission`: the sheet that counts; `older`: other sheets of the same student, which do not."""

    submission: Id
    state: SubmissionState
    older: list[Id]


class UnknownSheet(TypedDict):
    """A sheet whose label (null: none) is nobody's on the class list, or might be two students'."""

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
    """The sheet that counts of a student; `questions`: marks by question, null where nothing can be said; `unmarked`:
    those of them that count, so that `marks` is without them."""

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
