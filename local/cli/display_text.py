"""User-facing text: states, review reasons, markers, numbers, durations and counts."""

import json
from pathlib import Path

from core.models.result import QuestionMark, ReviewReason
from core.models.submission import SubmissionState

# The web page and the terminal share one list of texts.
_TEXTS = json.loads((Path(__file__).parents[2] / "web" / "words.json").read_text(encoding="utf-8"))
STATES: dict[SubmissionState, str] = {SubmissionState(name): text for name, text in _TEXTS["states"].items()}
# The short form for tables; the page also shows the second form, a sentence.
_REVIEW_REASONS: dict[ReviewReason, str] = {ReviewReason(name): short for name, (short, _) in _TEXTS["reviews"].items()}
_MARKERS: dict[str, str] = _TEXTS["markers"]


def state_text(value: SubmissionState) -> str:
    return STATES[value]


def review_reason_text(reason: ReviewReason) -> str:
    return _REVIEW_REASONS[reason]


def marker_text(name: str) -> str:
    """Describe a marker: "objective" → "marked by rule", "model:x" → "marked by the model x"."""
    if name.startswith("model:"):
        return f"marked by the model {name.removeprefix('model:')}"
    return _MARKERS.get(name, name)


def format_number(value: float | None) -> str:
    """Format marks: 3, 2.5, 0.25; a dash for None."""
    if value is None:
        return "–"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def format_marks(mark: QuestionMark) -> str:
    return f"{format_number(mark.marks)} / {format_number(mark.max_marks)}"


def format_seconds(value: float) -> str:
    """Format a duration with suitable precision: 45 ms, 2.31 s, 48 s, 3 min 05 s."""
    if value < 0.0995:
        return f"{max(value, 0) * 1000:.0f} ms"
    if value < 9.995:
        return f"{value:.2f} s"
    if value < 99.5:
        return f"{value:.0f} s"
    return f"{int(value) // 60} min {int(value) % 60:02d} s"


def format_count(number_of: int, thing: str, things: str | None = None) -> str:
    """Format a count with its noun: "1 sheet", "5 sheets"."""
    return f"{number_of} {thing if number_of == 1 else things or thing + 's'}"
