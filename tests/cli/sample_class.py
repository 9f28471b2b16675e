"""A small invented class for tests: question paper, sheets, marks, pages and execution histories."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from core.models.assessment import Option, Question, QuestionPaper, QuestionType
from core.models.document_kinds import DocumentKind
from core.models.result import CriterionMark, PageRegion, QuestionMark, ReviewReason, SheetResult
from core.models.submission import IntakeChannel
from core.models.transcript import Line, Page, Transcript
from core.platform.clock import format_timestamp
from local.cli.execution_timeline import BranchSpan, ExecutionTimeline
from local.cli.submission_status import SubmissionStatus
from local.cli.submitted_files import SubmittedFile

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)

PAPER = QuestionPaper(
    total_marks=11,
    title="Rivers and rain",
    questions=(
        Question(
            "1", "1", QuestionType.CHOICE, "Which of these is a solid?", 1, (Option("A", "ice"), Option("B", "steam"))
        ),
        Question("2", "2", QuestionType.NUMERIC, "A river drops 12 m in 4 s. How fast is that?", 2),
        Question(
            "3",
            "3",
            QuestionType.GROUP,
            "Water moves.",
            None,
            parts=(
                Question("3.a", "(a)", QuestionType.TEXT, "Describe evaporation.", 3),
                Question("3.b", "(b)", QuestionType.TEXT, "Explain why it rains in the hills.", 5),
            ),
        ),
    ),
)

LINES = {
    "1": ["1) A"],
    "2": ["2) 12 / 4 = 3 m/s"],
    "3.a": ["3a) Water warms up and turns to vapour,", "which rises into the air."],
    "3.b": ["b) Air goes up over the hills and gets", "colder. The vapour becomes drops", "and the drops fall."],
}


def boxes() -> dict[str, list[tuple[float, float, float, float]]]:
    top, found = 0.12, {}
    for question, lines in LINES.items():
        found[question] = []
        for line in lines:
            found[question].append((0.08, top, 0.012 * len(line) + 0.05, 0.028))
            top += 0.045
        top += 0.03
    return found


def transcript(pages: int = 1) -> Transcript:
    lines = tuple(
        Line(text, 97.5, box, handwriting=True)
        for question, texts in LINES.items()
        for text, box in zip(texts, boxes()[question], strict=True)
    )
    return Transcript(tuple(Page(number, "textract", lines if number == 1 else ()) for number in range(1, pages + 1)))


def mark(question: str, marks: float | None, maximum: float, **more: Any) -> QuestionMark:
    return QuestionMark(
        **{
            "question": question,
            "label": question.rpartition(".")[2],
            "marks": marks,
            "max_marks": maximum,
            "answer": "\n".join(LINES[question]),
            "places": tuple(PageRegion(1, box) for box in boxes()[question]),
            "marker": "objective",
            "confidence": 0.98,
            "reason": "The answer is the scheme's own.",
            **more,
        }
    )


def result(*, marks_in_review: bool = False, text_marks: float = 2) -> SheetResult:
    drops = boxes()["3.b"][1]
    rain = mark(
        "3.b",
        text_marks,
        5,
        marker="key-points",
        confidence=0.55 if marks_in_review else 0.86,
        reason="Two of three points were found.",
        feedback="You describe the cooling well. Say what condensation is.",
        criteria=(
            CriterionMark("air rises over the hills", "met", 1, 1, "goes up over the hills", PageRegion(1, drops)),
            CriterionMark("vapour condenses as it cools", "partly", 1, 2, "vapour becomes drops", PageRegion(1, drops)),
            CriterionMark("names condensation", "not", 0, 2),
        ),
        review=(ReviewReason.BORDERLINE, ReviewReason.LOW_OCR_CONFIDENCE) if marks_in_review else (),
    )
    questions = (mark("1", 1, 1), mark("2", 2, 2), mark("3.a", 3, 3, marker="key-points"), rain)
    return SheetResult(sum(question.marks or 0 for question in questions), 11, questions)


def after_noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def status_document(submission_id: str = "a" * 32, **changes: Any) -> dict[str, Any]:
    """Return the API's JSON response for a marked sheet; `changes` replace its fields."""
    return {
        "id": submission_id,
        "run": 1,
        "assessment": "rivers",
        "kind": "answer_sheet",
        "student": "Mina Okafor",
        "state": "GRADED",
        "door": "api",
        "received_at": format_timestamp(NOON),
        "ended_at": format_timestamp(after_noon(5)),
        "reason": None,
        "duplicate_of": None,
        "lanes": {
            "reading": {
                "state": "done",
                "started_at": format_timestamp(after_noon(0.1)),
                "first_ocr_at": format_timestamp(after_noon(0.3)),
                "ended_at": format_timestamp(after_noon(4.1)),
                "pages_total": 1,
                "pages_done": 1,
            },
            "storing": {
                "state": "done",
                "started_at": format_timestamp(after_noon(0.1)),
                "ended_at": format_timestamp(after_noon(0.6)),
            },
            "recording": {
                "state": "done",
                "started_at": format_timestamp(after_noon(0.1)),
                "ended_at": format_timestamp(after_noon(0.2)),
            },
            "grading": {
                "state": "done",
                "started_at": format_timestamp(after_noon(4.2)),
                "ended_at": format_timestamp(after_noon(4.9)),
            },
        },
        "timeline": {"saved_ms": 500},
        "result": result().to_dict(),
        "paper": None,
        "file": {"media_type": "image/jpeg", "size": 1000, "pages": 1},
        **changes,
    }


def timeline(shift: float = 0.0) -> ExecutionTimeline:
    spans = {
        "reading": BranchSpan(after_noon(0.1 + shift), after_noon(4.1 + shift)),
        "storing": BranchSpan(after_noon(0.1 + shift), after_noon(0.6 + shift)),
        "recording": BranchSpan(after_noon(0.1 + shift), after_noon(0.2 + shift)),
        "grading": BranchSpan(after_noon(4.2 + shift), after_noon(4.9 + shift)),
    }
    return ExecutionTimeline(spans, after_noon(4.15 + shift), is_from_history=True)


def sheet(path: Path, student: str = "Mina Okafor", **more: Any) -> SubmittedFile:
    """Return a sheet that was marked, with its transcript and timeline."""
    marked = more.pop("result", result())
    status = SubmissionStatus.from_dict(status_document(student=student, result=marked.to_dict() if marked else None))
    return SubmittedFile(
        path,
        DocumentKind.ANSWER_SHEET,
        student,
        IntakeChannel.API,
        id="a" * 32,
        status=status,
        graded_submission=status,
        transcript=transcript(),
        timeline=more.pop("timeline", timeline()),
        **more,
    )


def picture(path: Path, *, size: tuple[int, int] = (1240, 1754)) -> Path:
    """Draw a page with the answers at the positions given in the transcript."""
    image = Image.new("RGB", size, "#f6f3ea")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=size[1] // 55)
    for question, lines in LINES.items():
        for text, (left, top, _, _) in zip(lines, boxes()[question], strict=True):
            draw.text((left * size[0], top * size[1]), text, fill="#1d2b50", font=font)
    image.save(path)
    return path


def pdf(path: Path, pages: int = 1) -> Path:
    canvas = Canvas(str(path), pagesize=A4)
    for number in range(1, pages + 1):
        canvas.drawString(60, 760, f"Page {number} of the answers of Mina Okafor")
        canvas.showPage()
    canvas.save()
    return path


def image_bytes(kind: str = "PNG", size: tuple[int, int] = (40, 60)) -> bytes:
    body = io.BytesIO()
    Image.new("L", size, 230).save(body, kind)
    return body.getvalue()


class HistoryBuilder:
    """Builds an execution history as Step Functions returns it; times are milliseconds after NOON."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def entered(self, state: str, at: int, kind: str = "TaskStateEntered") -> "HistoryBuilder":
        return self._event(kind, at, stateEnteredEventDetails={"name": state})

    def left(self, state: str, at: int, kind: str = "TaskStateExited") -> "HistoryBuilder":
        return self._event(kind, at, stateExitedEventDetails={"name": state})

    def event(self, kind: str, at: int) -> "HistoryBuilder":
        return self._event(kind, at)

    def _event(self, kind: str, at: int, **details: Any) -> "HistoryBuilder":
        self.events.append({"id": len(self.events) + 1, "type": kind, "timestamp": after_noon(at / 1000), **details})
        return self
