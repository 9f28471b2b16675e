"""Parses numbers as they are written: "9,81", "1,000", "3.0 × 10⁸", "3e8", "¾", "1 1/2", "−4", "25 %".

A comma or a point can be ambiguous ("1,000" is a thousand or one): then the second reading is kept as `alternative`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

_PLAIN = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "×": "x", "·": "·", "∙": "·", "⋅": "·", "\u00a0": " ", "\u202f": " ", "\u2009": " "}
)
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺"
_FROM_SUPERSCRIPT = str.maketrans(_SUPERSCRIPTS, "0123456789-+")
_VULGAR_FRACTIONS = {
    "½": 1 / 2,
    "¼": 1 / 4,
    "¾": 3 / 4,
    "⅓": 1 / 3,
    "⅔": 2 / 3,
    "⅛": 1 / 8,
    "⅜": 3 / 8,
    "⅝": 5 / 8,
    "⅞": 7 / 8,
    "⅕": 1 / 5,
}
_DIGITS = r"(?:\d{1,3}(?:[ ']\d{3})+(?!\d)|\d+(?:[.,]\d+)*|[.,]\d+)"
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w.,)])[-+]\s?|(?<=[=(:\s])[-+]\s?)?(?<![\w.])(?:10(?:\s?\^\s?(?P<bare>[-+]?\d{{1,3}})(?!\d)|(?P<ten>[{_SUPERSCRIPTS}]{{1,4}}))|(?P<digits>{_DIGITS})"
    r"(?:\s?[x*·]\s?10\s?(?:\^\s?\(?\s?(?P<power>[-+]?\d{1,3})\)?|\*\*\s?(?P<stars>[-+]?\d{1,3})|(?P<raised>["
    + _SUPERSCRIPTS
    + r"]{1,4}))|[eE](?P<e>[-+]?\d{1,3})(?!\w))?"
    r"(?:(?P<mixed>\s?[½¼¾⅓⅔⅛⅜⅝⅞⅕])|(?:\s(?P<whole>\d{1,3}))?\s?/\s?(?P<over>\d{1,6})(?![\d.,]*\d))?"
    r"|(?P<vulgar>[½¼¾⅓⅔⅛⅜⅝⅞⅕]))"
)
# "4·5" is four and a half, except before a power of ten ("3·10^8").
_RAISED_POINT = re.compile(rf"(?<=\d)·(?=\d)(?!10\s?(?:\^|\*\*|[{_SUPERSCRIPTS}]))")


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text, from `start` to `end`.

    `significant_figures`: as written. `decimals`: digits after the decimal point. `alternative`: the value
    of its second reading, where it is ambiguous.
    """

    value: float
    start: int
    end: int
    significant_figures: int
    decimals: int
    alternative: float | None = None


def parse_numbers(text: str) -> list[Number]:
    """All numbers in the text, in order. Powers of ten are limited to 10^±300."""
    plain = _RAISED_POINT.sub(".", text.translate(_PLAIN))
    return [number for match in _NUMBER.finditer(plain) if (number := _build_number(match)) is not None]


def parse_first_number(text: str) -> Number | None:
    return next(iter(parse_numbers(text)), None)


def _split_words(text: str) -> list[str]:
    return text.split()


_ONES = _split_words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = {
    name: 10 * ten for ten, name in enumerate(_split_words("twenty thirty forty fifty sixty seventy eighty ninety"), 2)
}
_WORDS = "|".join((*_ONES, *_TENS))
_SPELLED = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})[\s-]+)?(?P<last>{_WORDS})(?P<hundred>\s+hundred)?\b", re.IGNORECASE
)


_SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "lakh": 100_000,
    "lac": 100_000,
    "million": 1_000_000,
    "crore": 10_000_000,
    "billion": 1_000_000_000,
}
_FRACTION_WORDS = {
    "half": 2, "halve": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10,
}  # fmt: skip
_FRACTION = re.compile(rf"(?<![\w.,])(\d{{1,2}})[\s-]+({'|'.join(_FRACTION_WORDS)})s?\b", re.IGNORECASE)
_IN_K = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?)[kK]\b")
_SCALED = re.compile(rf"(?<![\w.,])(\d+(?:\.\d+)?)\s+({'|'.join(_SCALES)})s?\b", re.IGNORECASE)
_AND_PART = re.compile(r"(?<![\w.,])(\d+)\s+and\s+(?:a|one)\s+(half|quarter)\b", re.IGNORECASE)
_MINUS = re.compile(r"\b(?:minus|negative)\s+(?=\d)", re.IGNORECASE)
_PI = re.compile(r"(?:(?<!\d)(\d++(?:\.\d++)?)\s?)?(?:π|\bpi\b)", re.IGNORECASE)


def convert_number_words(text: str) -> str:
    """The text with number words as digits: "forty-two", "2 thousand", "one and a half", "minus 5", "2π"."""
    text = _convert_small_number_words(text)
    text = _AND_PART.sub(lambda match: match[1] + (".5" if match[2].lower() == "half" else ".25"), text)
    text = _FRACTION.sub(lambda match: f"{match[1]}/{_FRACTION_WORDS[match[2].lower()]}", text)
    while _SCALED.search(text):
        text = _SCALED.sub(lambda match: f"{float(match[1]) * _SCALES[match[2].lower()]:.15g}", text)
    text = _PI.sub(lambda match: f"{float(match[1] or 1) * math.pi:.10g}", text)
    return _MINUS.sub("-", text)


def expand_k_suffix(text: str) -> str:
    """The text with "3.5k" as 3500, for values without a unit."""
    return _IN_K.sub(lambda match: f"{float(match[1]) * 1000:.15g}", text)


def _convert_small_number_words(text: str) -> str:
    def digits(match: re.Match[str]) -> str:
        last = match["last"].lower()
        value = _TENS.get((match["tens"] or "").lower(), 0) + (_TENS[last] if last in _TENS else _ONES.index(last))
        return str(value * 100 if match["hundred"] else value)

    return _SPELLED.sub(digits, text)


def _build_number(match: re.Match[str]) -> Number | None:
    sign = -1.0 if (match["sign"] or "").strip() == "-" else 1.0
    if match["vulgar"]:
        return Number(sign * _VULGAR_FRACTIONS[match["vulgar"]], match.start(), match.end(), 1, 0)
    if bare := match["bare"] or (match["ten"] or "").translate(_FROM_SUPERSCRIPT):
        return Number(sign * 10.0 ** clamp_power(int(bare)), match.start(), match.end(), 1, 0)
    written = match["digits"]
    values = list(_possible_values(written))
    raised = match["power"] or match["stars"] or (match["raised"] or "").translate(_FROM_SUPERSCRIPT) or match["e"]
    if raised:
        values = [value * 10.0 ** clamp_power(int(raised)) for value in values]
    if match["mixed"]:
        values = [values[0] + _VULGAR_FRACTIONS[match["mixed"].strip()]]
    if match["over"]:
        over = int(match["over"])
        if over == 0:
            return None
        values = [values[0] + int(match["whole"]) / over if match["whole"] else values[0] / over]
    figures, decimals = _precision(written)
    alternative = sign * values[1] if len(values) > 1 else None
    return Number(sign * values[0], match.start(), match.end(), figures, decimals, alternative)


def clamp_power(power: int) -> int:
    return max(-300, min(300, power))


def _possible_values(written: str) -> Iterator[float]:
    """The values that digits with separators may have, likeliest first."""
    bare = re.sub(r"[ ']", "", written)
    commas, points = bare.count(","), bare.count(".")
    if commas and points:
        decimal = "," if bare.rfind(",") > bare.rfind(".") else "."
        thousands = "." if decimal == "," else ","
        yield (
            float(bare.replace(thousands, "").replace(decimal, "."))
            if bare.count(decimal) == 1
            else float(re.sub(r"[.,]", "", bare))
        )
    elif commas > 1 or points > 1:
        yield float(re.sub(r"[.,]", "", bare))
    elif commas or points:
        head, tail = re.split(r"[.,]", bare)
        grouped = len(tail) == 3 and 1 <= len(head) <= 3 and not head.startswith("0")
        as_decimal, as_thousands = float(f"{head or '0'}.{tail}"), float(head + tail)
        if grouped:
            yield from (as_thousands, as_decimal) if commas else (as_decimal, as_thousands)
        else:
            yield as_decimal
    else:
        yield float(bare)


def _precision(written: str) -> tuple[int, int]:
    """Significant figures and decimals as written. Trailing zeros of a whole number count as significant."""
    parts = re.split(r"[.,]", written)
    decimals = len(parts[-1]) if len(parts) == 2 else 0
    digits = re.sub(r"\D", "", written).lstrip("0")
    return max(len(digits), 1), decimals
