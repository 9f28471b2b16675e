"""Normalises short answers for comparison: quotes, case, spaces, and lead-ins such as "the answer is"."""

import re
import unicodedata

_LEAD_IN = re.compile(
    r"^(?:(?:so|hence|therefore|thus|the|my|final|correct|right)\s+)*(?:answer|ans|it|this|that)\b\s*"
    r"(?:is|was|are|'s|=|:|-)\s*(?:called\s+|known as\s+)?",
    re.I,
)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.I)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "\u00a0": " "})
# Space around the operators of a formula has no meaning.
_AROUND_SIGNS = re.compile(r"(?:(?<!\s)\s++)?([+*/=^×÷<>])\s*")
HEDGE = re.compile(r"\b(?:or|either|maybe|perhaps|not|isn't|never)\b|n't\b|/|\?", re.I)
"""Words and signs by which an answer takes something back or leaves it open."""


def normalize_quotes(text: str) -> str:
    """The text with plain quotes, hyphens and single spaces."""
    return " ".join(text.translate(_QUOTES).split())


def normalize_answer(text: str) -> str:
    """The text in lower case, without surplus space, outer quotes and a full stop at the end."""
    plain = " ".join(unicodedata.normalize("NFKC", text.translate(_QUOTES)).casefold().split())
    return _AROUND_SIGNS.sub(r"\1", plain.strip(" \"'`.,;:!?()[]") or plain)


def remove_lead_in(text: str) -> str:
    """The normalised answer, also without "the answer is" and an article before it."""
    return _ARTICLE.sub("", normalize_answer(_LEAD_IN.sub("", normalize_quotes(text))))


def shorten(text: str) -> str:
    """The text on one line, at most 80 characters, for the reason of a mark."""
    cleaned = " ".join(text.split())
    return cleaned if len(cleaned) <= 80 else f"{cleaned[:77]}…"
