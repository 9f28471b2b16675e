"""Generates the documents of a run: a paper, its scheme, sheets whose marks are known, and invalid ones."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from benchmarks.chaos.metadata_ocr import LINES

PAPER, KEY, SHEET = "question_paper", "answer_key", "answer_sheet"
MARKED = frozenset({"GRADED", "NEEDS_REVIEW"})
READY = frozenset({"READY"})
REJECTED = frozenset({"REJECTED"})

_QUESTIONS = (
    "Science test    Total: 6 marks",
    "1. Which gas do plants take in?  [1]",
    "A  oxygen",
    "B  carbon dioxide",
    "C  nitrogen",
    "2. True or false: sound travels faster in water than in air.  [1]",
    "3. A car drives 150 m in 12 s. Calculate its speed. Give the unit.  [2]",
    "4. Why does metal feel colder than wood in the same room?  [2]",
)
SCHEME = json.dumps(
    {
        "questions": [
            {"question": "1", "type": "choice", "marks": 1, "answer": "B"},
            {"question": "2", "type": "true_false", "marks": 1, "answer": True},
            {"question": "3", "type": "numeric", "marks": 2, "answer": 12.5, "unit": "m/s", "tolerance": "1%"},
            {
                "question": "4",
                "type": "text",
                "marks": 2,
                "model_answer": "Metal takes heat from your hand faster than wood does.",
                "criteria": [
                    {"text": "Metal is a better conductor than wood", "marks": 1},
                    {"text": "Heat leaves the hand faster", "marks": 1},
                ],
            },
        ]
    }
).encode()
_RIGHT = {"1": ("1. B", 1.0), "2": ("2. True", 1.0), "3": ("3. 12.5 m/s", 2.0)}
_WRONG = {"1": ("1. A", 0.0), "2": ("2. False", 0.0), "3": ("3. 99 m/s", 0.0)}


@dataclass(frozen=True)
class ChaosDocument:
    """A document to send.

    `allowed_states` are the states that it may end in. `marks` are those of its objective questions, whose answers
    are unambiguous.
    """

    tenant: str
    assessment: str
    kind: str
    student: str | None
    body: bytes = field(repr=False)
    media_type: str
    allowed_states: frozenset[str]
    marks: dict[str, float] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    @property
    def identity(self) -> tuple[str, str, str, str, str]:
        """What makes it the same document, whichever channel it arrives through."""
        return (self.tenant, self.assessment, self.kind, self.student or "", self.sha256)

    @property
    def extension(self) -> str:
        return "png" if self.media_type == "image/png" else "pdf"


def make_paper(tenant: str, assessment: str) -> ChaosDocument:
    body = _typed_pdf([*_QUESTIONS, f"Test of class {assessment}"])
    return ChaosDocument(tenant, assessment, PAPER, None, body, "application/pdf", READY)


def make_sheet(
    tenant: str, assessment: str, student: str | None, tag: str, right: Sequence[bool], *, scan: bool
) -> ChaosDocument:
    """Return a sheet with these three objective questions right or wrong. `tag` makes its content unique."""
    answers = {number: (_RIGHT if good else _WRONG)[number] for number, good in zip(_RIGHT, right, strict=True)}
    lines = [
        f"Science test, class {assessment}",
        *(text for text, _ in answers.values()),
        f"4. It takes the heat away from a hand faster, as {tag} saw.",
    ]
    marks = {number: worth for number, (_, worth) in answers.items()}
    body, media_type = (_scanned_png(lines), "image/png") if scan else (_typed_pdf(lines), "application/pdf")
    return ChaosDocument(tenant, assessment, SHEET, student, body, media_type, MARKED, marks)


def make_bad_sheet(tenant: str, assessment: str, student: str, tag: str, *, encrypted: bool) -> ChaosDocument:
    """Return a sheet that cannot be read."""
    good = _typed_pdf([f"Science test, class {assessment}", f"copy {tag}"])
    body = _encrypted_pdf(good) if encrypted else b"%PDF-1.7\n" + tag.encode() + b"\nnothing that is a page\n%%EOF"
    return ChaosDocument(tenant, assessment, SHEET, student, body, "application/pdf", REJECTED)


def _typed_pdf(lines: Sequence[str]) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setFont("Helvetica", 12)
    for number, line in enumerate(lines):
        canvas.drawString(60, 780 - 22 * number, line)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _scanned_png(lines: Sequence[str]) -> bytes:
    image = Image.new("L", (420, 60 + 24 * len(lines)), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((24, 24 + 24 * number), line, fill="black")
    text = PngInfo()
    text.add_text(LINES, "\n".join(lines))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def _encrypted_pdf(body: bytes) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(body)))
    writer.encrypt("a password", algorithm="AES-256")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
