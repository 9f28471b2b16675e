"""Words for people: states, review reasons and markers as a teacher would say them."""

import json
from pathlib import Path

from core.models.result import QuestionMark, ReviewReason
from core.models.submission import SubmissionState

# One list of words for the page and for the terminal.
_TEXTS = json.loads((Path(__file__).parents[2] / "web" / "words.json").read_text(encoding="utf-8"))
STATES = {SubmissionState(name): words for name, words in _TEXTS["states"].items()}
# A few words for a table; the page has a sentence beside them.
_REVIEW_REASONS = {ReviewReason(name): short for name, (short, _) in _TEXTS["reviews"].items()}
_MARKERS: dict[str, str] = _TEXTS["markers"]


def state_text(value: SubmissionState) -> str:
    return STATES[value]


def review_reason_text(reason: ReviewReason) -> str:
    return _REVIEW_REASONS[reason]


def marker_text(name: str) -> str:
    """Who marked: "objective" → "marked by rule", "model:x" → "marked by the model x"."""
    if name.startswith("model:"):
        return f"marked by the model {name.removeprefix('model:')}"
    return _MARKERS.get(name, name)


def format_number(value: float | None) -> str:
    """Marks as they are written: 3, 2.5, 0.25; a dash where there are none yet."""
    if value is None:
        return "–"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def format_marks(mark: QuestionMark) -> str:
    return f"{format_number(mark.marks)} / {format_number(mark.max_marks)}"


def format_seconds(value: float) -> str:
    """A duration with the precision that it deserves: 45 ms, 2.31 s, 48 s, 3 min 05 s."""
    if value < 0.0995:
        return f"{max(value, 0) * 1000:.0f} ms"
    if value < 9.995:
        return f"{value:.2f} s"
    if value < 99.5:
        return f"{value:.0f} s"
    return f"{int(value) // 60} min {int(value) % 60:02d} s"


def format_count(number_of: int, thing: str, things: str | None = None) -> str:
    """ "1 sheet", "5 sheets"."""
    return f"{number_of} {thing if number_of == 1 else things or thing + 's'}"
