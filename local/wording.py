"""Words for people: states, review reasons and markers as a teacher would say them."""

import json
from pathlib import Path

from core.result import QuestionMark, ReviewReason
from core.submission import State

# One list of words for the page and for the terminal.
_WORDS = json.loads((Path(__file__).parents[1] / "web" / "words.json").read_text(encoding="utf-8"))
STATES = {State(name): words for name, words in _WORDS["states"].items()}
# A few words for a table; the page has a sentence beside them.
_REVIEW = {ReviewReason(name): short for name, (short, _) in _WORDS["reviews"].items()}
_MARKERS: dict[str, str] = _WORDS["markers"]


def state(value: State) -> str:
    return STATES[value]


def in_short(reason: ReviewReason) -> str:
    return _REVIEW[reason]


def marker(name: str) -> str:
    """Who marked: "objective" → "marked by rule", "model:x" → "marked by the model x"."""
    if name.startswith("model:"):
        return f"marked by the model {name.removeprefix('model:')}"
    return _MARKERS.get(name, name)


def number(value: float | None) -> str:
    """Marks as they are written: 3, 2.5, 0.25; a dash where there are none yet."""
    if value is None:
        return "–"
    return f"{value:.2f}".rstrip("0").rstrip(".")


def marks(mark: QuestionMark) -> str:
    return f"{number(mark.marks)} / {number(mark.max_marks)}"


def seconds(value: float) -> str:
    """A duration with the precision that it deserves: 45 ms, 2.31 s, 48 s, 3 min 05 s."""
    if value < 0.0995:
        return f"{max(value, 0) * 1000:.0f} ms"
    if value < 9.995:
        return f"{value:.2f} s"
    if value < 99.5:
        return f"{value:.0f} s"
    return f"{int(value) // 60} min {int(value) % 60:02d} s"


def count(number_of: int, thing: str, things: str | None = None) -> str:
    """ "1 sheet", "5 sheets"."""
    return f"{number_of} {thing if number_of == 1 else things or thing + 's'}"
