"""Guesses a question's type from its wording, and tells options from parts. The marking scheme overrides the guess."""

import re
from collections.abc import Sequence

from core.models.assessment import Option, QuestionType
from core.models.question_types.definition import MARKED_TYPES, PrintedQuestion, get_definition
from grade.paper.label_parser import LabelKind

_CHOICE_WORDING = re.compile(
    r"\bwhich\b|\b(?:choose|select|tick|circle|pick|mark)\b|\bmost (?:likely|suitable|appropriate)\b"
    r"|\bcorrect (?:option|answer)\b"
    r"|\bone of the following\b|\bamong the following\b|\bthe following (?:is|are)\b",
    re.IGNORECASE,
)
_TASK_LIST_WORDING = re.compile(
    r"\b(?:following|each|these|any\s+\w+)\b[^.?!\n]{0,60}$|\b(?:define|explain|describe|differentiate|distinguish"
    r"|write (?:short )?notes|fill in|"
    r"state whether|match|give reasons?|name the following|expand|calculate|find)\b",
    re.IGNORECASE | re.DOTALL,
)
_TASK_VERB = re.compile(
    r"(?:what|why|how|when|where|who|which|explain|describe|define|state|name|list|give|calculate|find|determine"
    r"|draw|sketch|discuss|"
    r"compare|contrast|suggest|identify|show|prove|write|outline|evaluate|solve|work out|compute|complete|use|label"
    r"|plot|justify|derive|"
    r"estimate|simplify|factori[sz]e|predict|comment|distinguish|differentiate|construct|design|analy[sz]e|is it|can"
    r"|do|does|assuming|"
    r"suppose|if|hence|using|state|mention|deduce|verify|express|convert|sketch)\b",
    re.IGNORECASE,
)
_CHECKBOX = re.compile(r"(?:[□☐○◯❏❑▢◻⬜]|\[\s{0,3}\](?=\s?\w)|\(\s{1,3}\)(?=\s))\s*")
_TRUE_FALSE_SUFFIX = re.compile(r"[\s(\[]*\btrue\b\W{1,6}(?:or\b\W*)?\bfalse\b[\s)\]]*$", re.IGNORECASE)


def guess_type(text: str, options: Sequence[Option], *, true_false: bool = False) -> QuestionType:
    """Guess a question's type. `true_false`: a heading above it announces true/false questions."""
    printed = PrintedQuestion(text, tuple(options), true_false)
    scores = {one: get_definition(one).guess_score(printed) for one in MARKED_TYPES}
    best = max(MARKED_TYPES, key=lambda one: scores[one])
    return best if scores[best] > 0 else QuestionType.TEXT


def score_options(
    stem: str,
    kind: LabelKind | None,
    texts: Sequence[str],
    *,
    marked: int,
    multiple_choice: bool,
    true_false: bool,
    style: str,
) -> float:
    """Score whether lettered texts are options (above 0) or parts (below 0).

    `marked`: how many of them carry marks of their own. `multiple_choice`, `true_false`: what the headings above
    announce.
    """
    if not 2 <= len(texts) <= 6 or kind is None or (kind is LabelKind.NUMBER and style != "(1)"):
        return -9.0
    score = -2.0
    score += 1.8 if kind is LabelKind.UPPER else -1.0 if kind in (LabelKind.ROMAN_LOWER, LabelKind.ROMAN_UPPER) else 0.4
    score += 0.4 if style in ("a)", "a.") else 0.0
    score += 3.0 if multiple_choice else 0.0
    score -= 4.0 if marked > 1 or (marked and len(texts) == marked) else 0.0
    score += 1.5 if _CHOICE_WORDING.search(stem) else -1.5 if _TASK_LIST_WORDING.search(stem) else 0.0
    score -= 3.0 if true_false else 0.0
    ending = stem.rstrip().rstrip("_").rstrip()
    is_incomplete = ending[-1:].isalpha() or ending[-1:] in (":", ",")
    score += 0.8 if stem.rstrip().endswith(("____", "?")) else 1.0 if is_incomplete else 0.4 if "____" in stem else 0.0
    score += 0.6 if max(len(text.split()) for text in texts) <= 4 and marked == 0 else 0.0
    score -= 1.5 if not stem.strip() else 0.0
    longest = max(len(text) for text in texts)
    score += 1.0 if longest <= 30 else 0.4 if longest <= 90 else -0.4
    task_share = sum(1 for text in texts if _TASK_VERB.match(text)) / len(texts)
    question_share = sum(1 for text in texts if text.rstrip(" _").endswith("?")) / len(texts)
    score -= 3.0 * question_share + (2.0 * task_share if task_share > 0.34 else 0.0)
    score -= 1.5 if sum(1 for text in texts if "____" in text) * 2 > len(texts) else 0.0
    return score


def parse_checkbox_options(text: str) -> tuple[str, tuple[Option, ...]]:
    """Parse options after tick boxes. They carry no letters and are labelled A, B, C in printed order."""
    starts = list(_CHECKBOX.finditer(text))
    if not 2 <= len(starts) <= 8:
        return text, ()
    ends = [match.start() for match in starts[1:]] + [len(text)]
    option_texts = [text[match.end() : end].strip() for match, end in zip(starts, ends, strict=True)]
    if any(not word or len(word) > 200 for word in option_texts):
        return text, ()
    options = tuple(Option(chr(ord("A") + index), word) for index, word in enumerate(option_texts))
    return text[: starts[0].start()].strip(), options


def strip_true_false(text: str) -> str:
    """Remove a "True / False" to be circled from the end of a statement."""
    return _TRUE_FALSE_SUFFIX.sub("", text).strip() or text
