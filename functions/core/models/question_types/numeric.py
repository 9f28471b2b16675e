"""Definition of numeric questions: a number, with or without a unit."""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.models.assessment import Question, SchemeEntry
from core.models.question_types.definition import AnswerShape, PrintedQuestion, QuestionTypeDefinition

_QUANTITY = re.compile(
    r"^\W*(?:[A-Za-z]\w{0,3}\s*=\s*)?(?P<number>[-−+]?\d[\d,]*(?:\.\d+)?(?:\s*[x×*]\s*10\s*\^?\s*[-−]?\d+"
    r"|[eE][-+]?\d+)?)"
    r"\s*(?P<unit>[^\d\s(;,.][^\d(;,]{0,15}(?:\^?-?\d)?)?\s*(?:\(.*\))?\s*\.?$"
)
# As texts: only the preparation of a paper needs them compiled, which takes milliseconds of a cold start.
_EXPLANATION_WORDING = (
    r"\b(?:explain|why|describe|discuss|justify|prove|show that|derive|compare|contrast|define|state|outline"
    r"|evaluate the (?:role|impact|extent|view)"
    r"|suggest|comment|write (?:a|an|short|about)|draw|sketch|give (?:a |one |two |three )?(?:reasons?|examples?)"
    r"|how does|how do|how is|how are|how would|how could|how can"
    r"|what (?:is|are) meant|what do you (?:mean|understand))\b"
)
_CALCULATION_WORDING = (
    r"\b(?:calculate|compute|how (?:many|much|far|long|fast|tall|high|deep|wide|old|heavy)|work out|solve|simplify"
    r"|find (?:the |its |their )?(?:value|mass|length|area|volume|speed|velocity|acceleration|force|distance|height"
    r"|sum|product"
    r"|number|total|mean|median|mode|range|"
    r"probability|perimeter|cost|price|time|angle|power|energy|work|current|resistance|voltage|pressure|density"
    r"|weight|amount|percentage|ratio|average|x|y)"
    r"|evaluate(?=\s+(?:[\d(√∫x]|the (?:expression|integral)))|determine the (?:value|mass|length|area|volume|speed"
    r"|velocity|force|distance|number)"
    r"|what is the (?:value|mass|sum|product|remainder|area|perimeter|volume|speed|probability|average)"
    r"|(?:significant figures|decimal places?)|to the nearest)\b"
    r"|____\s*(?:cm|mm|km|m|kg|g|s|m/s|N|J|W|V|A|Ω|°C|Pa|Hz|mol|%|L|ml|hours?|minutes?|seconds?)(?:\b|$|[²³^/])"
    r"|[=]\s*____|\bgive your answer (?:in|to)\b"
)
_PRECISION_FIELDS = ("unit", "tolerance", "range", "significant_figures")


def parse_quantity(text: str) -> tuple[str, str | None] | None:
    """Parse a text that is a number with an optional unit: "v = 12.5 m/s". None where it contains more."""
    found = _QUANTITY.match(text.strip())
    if found is None and "=" in text:
        # Working: its last step is the answer.
        found = _QUANTITY.match(text.strip().rsplit("\n", 1)[-1].rsplit("=", 1)[-1].strip())
    if found is None:
        return None
    unit = (found["unit"] or "").strip().rstrip(".")
    if len(re.findall(r"[A-Za-z]{2,}", unit)) > 3:
        return None
    return found["number"].replace(",", "").replace("−", "-"), unit or None


def _find_problem(text: str) -> str | None:
    return None if re.search(r"\d", text) else "must be a number."


def _has_answer(entry: SchemeEntry) -> bool:
    return bool(entry.answers or entry.range)


def _accepts(texts: Sequence[str], _question: Question) -> bool:
    return all(parse_quantity(text) for text in texts)


def _fit_entry(entry: SchemeEntry, _question: Question) -> SchemeEntry:
    if not entry.answers and (quantity := parse_quantity(entry.model_answer)):
        return replace(entry, answers=(quantity[0],), unit=entry.unit or quantity[1])
    return entry


def _guess_score(printed: PrintedQuestion) -> float:
    asks_for_words = re.search(_EXPLANATION_WORDING, printed.text, re.IGNORECASE)
    is_calculation = re.search(_CALCULATION_WORDING, printed.text, re.IGNORECASE)
    return 1.0 if is_calculation and not asks_for_words else 0.0


DEFINITION = QuestionTypeDefinition(
    title="number",
    marked_by="the final value, in its unit, within the tolerance",
    shape=AnswerShape.VALUE,
    fields=("answer", *_PRECISION_FIELDS),
    implied_by=_PRECISION_FIELDS,
    example='{question: "4", type: numeric, marks: 2, answer: 12.5, unit: m/s, tolerance: 1%}',
    answer="numbers",
    answer_schema={"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"\d"}]},
    answer_problem=_find_problem,
    has_answer=_has_answer,
    accepts_answers=_accepts,
    fit_entry=_fit_entry,
    guess_score=_guess_score,
)
