"""Words for people: states, review reasons and markers as a teacher would say them."""

from core.result import QuestionMark, ReviewReason
from core.submission import State

STATES = {
    State.RECEIVED: "received",
    State.READING: "being read",
    State.STORING: "being stored",
    State.GRADING: "being marked",
    State.AWAITING_PAPER: "waiting for its question paper",
    State.GRADED: "marked",
    State.NEEDS_REVIEW: "marked, please look",
    State.READY: "ready",
    State.REJECTED: "cannot be read",
    State.DUPLICATE_OF: "the same file again",
    State.FAILED: "failed",
    State.ERASED: "erased",
}

# (a few words for a table, a sentence for the page)
_REVIEW = {
    ReviewReason.LOW_OCR_CONFIDENCE: ("hard to read", "Some words here were hard to read; compare them with the page."),
    ReviewReason.LOOK_ALIKE: (
        "look-alike characters",
        "The mark hangs on a character that is easily misread, such as O for 0 or l for 1.",
    ),
    ReviewReason.UNLABELLED: (
        "no question number",
        "The answer has no question number beside it; where it belongs was worked out from what it says.",
    ),
    ReviewReason.UNKNOWN_QUESTION: ("unknown question number", "The number beside this answer is not on the paper."),
    ReviewReason.UNKNOWN_STUDENT: ("whose sheet?", "It is not certain whose sheet this is."),
    ReviewReason.UNREADABLE: ("unreadable", "Part of this could not be read at all."),
    ReviewReason.CROSSED_OUT: ("crossed out", "Something here seems to be crossed out; check what is meant to count."),
    ReviewReason.FORMULA_OR_DRAWING: (
        "formula or drawing",
        "The answer has a formula or a drawing, which is not marked by machine.",
    ),
    ReviewReason.UNKNOWN_LANGUAGE: ("language", "The answer is in a language that is not marked by machine."),
    ReviewReason.NO_TEXT: ("no text found", "No writing was found. It may be blank, or too faint to see."),
    ReviewReason.NO_SCHEME: ("not in the scheme", "The marking scheme does not say how to mark this question."),
    ReviewReason.UNCLEAR_ANSWER: ("unclear answer", "It is not clear which answer is meant."),
    ReviewReason.BORDERLINE: ("borderline", "This answer lies between two marks."),
    ReviewReason.DISAGREEMENT: ("markings disagree", "Marked more than once with different results."),
    ReviewReason.EVIDENCE_NOT_FOUND: (
        "evidence not found",
        "The words given as evidence for a mark were not found on the sheet.",
    ),
    ReviewReason.ATTACK: (
        "text meant for the marker",
        "Something here seems to be written to the marker and not as an answer. The mark was not lowered for it.",
    ),
    ReviewReason.MODEL_UNAVAILABLE: (
        "provisional",
        "The model that marks free text could not be asked; the mark is provisional.",
    ),
    ReviewReason.EXTRA_ANSWERS: (
        "more answers than asked",
        "More was answered than asked for; check which answer is meant to count.",
    ),
}

_MARKERS = {
    "objective": "marked by rule",
    "key-points": "marked by key points (provisional)",
    "none": "not answered",
    "person": "marked by a teacher",
}


def state(value: State) -> str:
    return STATES[value]


def in_short(reason: ReviewReason) -> str:
    return _REVIEW[reason][0]


def in_a_sentence(reason: ReviewReason) -> str:
    return _REVIEW[reason][1]


def question(question_id: str) -> str:
    """A question as people name it, from its path in the tree: "4.a" → "4(a)", "A.1.b.ii" → "A1(b)(ii)"."""
    name = ""
    for step in question_id.split("."):
        if not name:
            name = step
        elif step.isdigit():
            name += f".{step}" if name[-1].isdigit() else step
        else:
            name += f"({step})"
    return name


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
