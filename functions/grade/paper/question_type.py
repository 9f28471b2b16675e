"""How a question is answered, guessed from its wording: the marking scheme has the last word."""

import re
from collections.abc import Sequence

from core.assessment import Option, QuestionType

_EXPLAINS = re.compile(
    r"\b(?:explain|why|describe|discuss|justify|prove|show that|derive|compare|contrast|define|state|outline"
    r"|evaluate the (?:role|impact|extent|view)"
    r"|suggest|comment|write (?:a|an|short|about)|draw|sketch|give (?:a |one |two |three )?(?:reasons?|examples?)"
    r"|how does|how do|how is|how are|how would|how could|how can"
    r"|what (?:is|are) meant|what do you (?:mean|understand))\b",
    re.IGNORECASE,
)
_COUNTS = re.compile(
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
    r"|[=]\s*____|\bgive your answer (?:in|to)\b",
    re.IGNORECASE,
)
_TRUE_FALSE = re.compile(
    r"\btrue\s*(?:/|or|and|,|\\|\|)\s*false\b|\bT\s*/\s*F\b"
    r"|\((?:T|True) or (?:F|False)\)|\bright or wrong\b|true\s{1,}false\W*$",
    re.IGNORECASE,
)
_REASONS = re.compile(r"\b(?:explain|justify|justification|reasons?|why|correct the false)\b", re.IGNORECASE)
_YES = re.compile(r"^(?:true|false|t|f)\W*$", re.IGNORECASE)


def guess_type(text: str, options: Sequence[Option], *, true_false: bool = False) -> QuestionType:
    """`true_false`: a heading above says so."""
    if options:
        said = [option.text for option in options]
        return QuestionType.TRUE_FALSE if len(said) == 2 and all(_YES.match(t) for t in said) else QuestionType.CHOICE
    asks_why = _EXPLAINS.search(text)
    if (true_false or says_true_false(text)) and not _REASONS.search(text):
        return QuestionType.TRUE_FALSE
    if not asks_why and _COUNTS.search(text):
        return QuestionType.NUMERIC
    return QuestionType.TEXT


def says_true_false(text: str) -> bool:
    """Whether true or false is all that is asked for."""
    return bool(_TRUE_FALSE.search(text)) and not _REASONS.search(text)
