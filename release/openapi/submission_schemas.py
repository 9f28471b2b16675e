"""Request and response bodies of uploads and submissions. Times are UTC, `2026-01-31T08:30:00.125Z`.

Class names are the component names of the OpenAPI document, which generated clients use: they stay.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from core.models.assessment import QuestionPaper
from core.models.document_kinds import DocumentKind
from core.models.result import PageRegion, ReviewReason, SheetResult
from core.models.submission import IntakeChannel, SubmissionState

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
    """`source` is `text_layer`, or the name of the OCR engine that has read the page (`textract`)."""

    number: int
    source: str
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


BODIES: tuple[Any, ...] = (
    Problem, Refusal, Receipt, Ticket, UploadRequest, Status, Submissions, TranscriptPart, Mark, Answer, Erased,
    PageRegion, ChangedQuestion,
)  # fmt: skip
