"""Letters under a question: are they options to choose from, or parts to answer?

Papers print both as (a) (b) (c). What tells them apart is added up: the set of the letters, marks of their
own, how long they are, what the stem asks, how each of them begins.
"""

import re
from collections.abc import Sequence

from core.assessment import Option
from grade.paper.numbering import Kind

_CHOOSES = re.compile(
    r"\bwhich\b|\b(?:choose|select|tick|circle|pick|mark)\b|\bmost (?:likely|suitable|appropriate)\b"
    r"|\bcorrect (?:option|answer)\b"
    r"|\bone of the following\b|\bamong the following\b|\bthe following (?:is|are)\b",
    re.IGNORECASE,
)
_ASKS_FOR_EACH = re.compile(
    r"\b(?:following|each|these|any\s+\w+)\b[^.?!\n]{0,60}$|\b(?:define|explain|describe|differentiate|distinguish"
    r"|write (?:short )?notes|fill in|"
    r"state whether|match|give reasons?|name the following|expand|calculate|find)\b",
    re.IGNORECASE | re.DOTALL,
)
_TASK = re.compile(
    r"(?:what|why|how|when|where|who|which|explain|describe|define|state|name|list|give|calculate|find|determine"
    r"|draw|sketch|discuss|"
    r"compare|contrast|suggest|identify|show|prove|write|outline|evaluate|solve|work out|compute|complete|use|label"
    r"|plot|justify|derive|"
    r"estimate|simplify|factori[sz]e|predict|comment|distinguish|differentiate|construct|design|analy[sz]e|is it|can"
    r"|do|does|assuming|"
    r"suppose|if|hence|using|state|mention|deduce|verify|express|convert|sketch)\b",
    re.IGNORECASE,
)


def options_score(
    stem: str, kind: Kind | None, texts: Sequence[str], *, marked: int, choice: bool, true_false: bool, style: str
) -> float:
    """Above 0: options. `marked`: how many of them carry marks of their own; `choice`, `true_false`: what
    the headings above say."""
    if not 2 <= len(texts) <= 6 or kind is None or (kind is Kind.NUMBER and style != "(1)"):
        return -9.0
    score = -2.0
    score += 1.8 if kind is Kind.UPPER else -1.0 if kind in (Kind.ROMAN_LOWER, Kind.ROMAN_UPPER) else 0.4
    score += 0.4 if style in ("a)", "a.") else 0.0
    score += 3.0 if choice else 0.0
    score -= 4.0 if marked > 1 or (marked and len(texts) == marked) else 0.0
    score += 1.5 if _CHOOSES.search(stem) else -1.5 if _ASKS_FOR_EACH.search(stem) else 0.0
    score -= 3.0 if true_false else 0.0
    ending = stem.rstrip().rstrip("_").rstrip()
    breaks_off = ending[-1:].isalpha() or ending[-1:] in (":", ",")
    score += 0.8 if stem.rstrip().endswith(("____", "?")) else 1.0 if breaks_off else 0.4 if "____" in stem else 0.0
    score += 0.6 if max(len(text.split()) for text in texts) <= 4 and marked == 0 else 0.0
    score -= 1.5 if not stem.strip() else 0.0
    longest = max(len(text) for text in texts)
    score += 1.0 if longest <= 30 else 0.4 if longest <= 90 else -0.4
    tasks = sum(1 for text in texts if _TASK.match(text)) / len(texts)
    asked = sum(1 for text in texts if text.rstrip(" _").endswith("?")) / len(texts)
    score -= 3.0 * asked + (2.0 * tasks if tasks > 0.34 else 0.0)
    score -= 1.5 if sum(1 for text in texts if "____" in text) * 2 > len(texts) else 0.0
    return score


_BOX = re.compile(r"(?:[□☐○◯❏❑▢◻⬜]|\[\s{0,3}\](?=\s?\w)|\(\s{1,3}\)(?=\s))\s*")


def ticked_options(text: str) -> tuple[str, tuple[Option, ...]]:
    """Options behind boxes to tick, which bear no letter: they get A, B, C in printed order."""
    starts = list(_BOX.finditer(text))
    if not 2 <= len(starts) <= 8:
        return text, ()
    ends = [match.start() for match in starts[1:]] + [len(text)]
    said = [text[match.end() : end].strip() for match, end in zip(starts, ends, strict=True)]
    if any(not word or len(word) > 200 for word in said):
        return text, ()
    options = tuple(Option(chr(ord("A") + index), word) for index, word in enumerate(said))
    return text[: starts[0].start()].strip(), options


_BOTH = re.compile(r"[\s(\[]*\btrue\b\W{1,6}(?:or\b\W*)?\bfalse\b[\s)\]]*$", re.IGNORECASE)


def without_true_false(text: str) -> str:
    """A statement without the "True / False" printed behind it to be circled."""
    return _BOTH.sub("", text).strip() or text
