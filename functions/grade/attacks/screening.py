"""Answers that try to talk to the grader: what they try is cut out before marking, and a person is asked.

Cutting keeps the mark at what the same answer would get without the attack; the flag never lowers it.
Patterns cannot know every wording. What holds against the rest stands elsewhere: an answer travels as
data, marks are summed in code and clamped, and every criterion needs evidence found on the sheet.
"""

import re
import unicodedata
from dataclasses import dataclass

from grade.attacks.address import disguised, speaks_of_marking
from grade.attacks.hedges import without_opposites, without_word_lists
from grade.attacks.patterns import BLOCKS, CODED, JSON_KEY, PATTERNS, SPOKEN

_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\U000e0000-\U000e01ef]")
_HARMLESS = re.compile("[\u00ad\ufeff\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]")
_TWINS = dict(
    zip(
        "аеіорсухѕјһԁԛԝАВЕІКМНОРСТХЅЈУαορνιυκτεχΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡıⅼ",
        "aeiopcyxsjhdqwABEIKMHOPCTXSJYaopviukTexABEZHIKMNOPTYXgil",
        strict=True,
    )
)
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u04ff\u0500-\u052f]")
_WORD = re.compile(r"\w+")
_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "|": "l"}
)

# What stands before the turn to the grader is kept if it may be a statement ("Before marking," is none).
_SHORTEST_HEAD = 4
# Words of the marking before the turn: nothing of the matter is lost.
_ALREADY = re.compile(
    r"\b(?:my|this|the) response\b"
    r"|\b(?:unit test|guidelines|criteri(?:on|a)|department|board|for the purposes? of|remaining points)\b",
    re.IGNORECASE,
)
_SPACED = re.compile(r"\b(?:\w[ .\-_*]){5,}\w\b")
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?]+(?=\s|$)|\n|$|[.!?])")


@dataclass(frozen=True, slots=True)
class Inspection:
    """`clean` is what is marked. `signs` names what was found, in words for a teacher; empty: nothing."""

    clean: str
    signs: tuple[str, ...] = ()


def inspect(text: str) -> Inspection:
    """Cuts out of an answer what speaks to the grader and not to the question."""
    signs: list[str] = []
    plain = _visible(text, signs)
    plain, blocks = BLOCKS.subn("\n", plain)
    if blocks:
        signs.append("a fake header")
    plain = _cut_json(plain, signs)
    plain = _cut_disguised(plain, signs)
    plain = _cut_asks(plain, signs)
    if CODED.search(plain):
        signs.append("coded text")
        plain = CODED.sub(" ", plain)
    clean = "\n".join(" ".join(line.split()) for line in plain.splitlines())
    return Inspection(clean.strip(), tuple(dict.fromkeys(signs)))


def inspect_prose(text: str, asked: str) -> Inspection:
    """`inspect` for an answer in running text: also without bare word lists and statements that stand beside
    their own opposite. `asked` is the question: one that asks for names may be answered by a list."""
    found = inspect(text)
    signs = list(found.signs)
    clean, listed = without_word_lists(found.clean, asked)
    clean, opposed = without_opposites(clean)
    if listed:
        signs.append("a list of key words without a statement")
    if opposed:
        signs.append("a statement beside its opposite")
    return Inspection(clean.strip(), tuple(dict.fromkeys(signs)))


def _visible(text: str, signs: list[str]) -> str:
    """Without invisible characters; letters of other alphabets within Latin words as the letters they show."""
    if _INVISIBLE.search(text):
        signs.append("invisible characters")
        text = _INVISIBLE.sub("", text)
    text = _HARMLESS.sub("", text)
    text = "".join(unicodedata.normalize("NFKC", char) if _is_styled(char) else char for char in text)

    def fold(match: re.Match[str]) -> str:
        word = match.group()
        if not _FOREIGN.search(word):
            return word
        folded = "".join(_TWINS.get(char, char) for char in word)
        if len(word) > 2 and re.fullmatch(r"[A-Za-z0-9_]+", folded):
            signs.append("look-alike characters of another alphabet")
            return folded
        return word

    return _WORD.sub(fold, text)


def _is_styled(char: str) -> bool:
    """Full-width, mathematical and ligature letters. Superscripts stay: 10⁸ is not 108."""
    code = ord(char)
    return (
        0xFF01 <= code <= 0xFF5E or 0x1D400 <= code <= 0x1D7FF or 0xFB00 <= code <= 0xFB06 or 0x24B6 <= code <= 0x24E9
    )


def _cut_json(text: str, signs: list[str]) -> str:
    """Without objects that look like a grader's answer or a chat message."""
    while (key := JSON_KEY.search(text)) is not None:
        signs.append("pasted JSON")
        start = text.rfind("{", 0, key.start())
        start = key.start() if start < 0 else start
        while start > 0 and text[:start].rstrip().endswith(("[", "{")):
            start = len(text[:start].rstrip()) - 1
        end = _closing(text, start)
        text = f"{text[:start]} {text[end:]}"
    return re.sub(r"```\w*", " ", text)


def _closing(text: str, start: int) -> int:
    """Where the bracket that opens at `start` closes; the line's end where it never does."""
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] in "{[") - (text[index] in "}]")
        if depth == 0 and text[index] in "}]":
            return index + 1
    newline = text.find("\n", start)
    return len(text) if newline < 0 else newline


def _cut_disguised(text: str, signs: list[str]) -> str:
    """Without the lines and sentences in which an order to the grader stands disguised, over however many of them."""
    for first, last in disguised(text):
        plain = text[first:last]
        if any(pattern.search(plain) for pattern in SPOKEN):
            continue  # said openly: the sentence is cut where it turns to the grader
        signs.append("a disguised order to the grader")
        # A fuzzy match may reach a little into what stands beside it: a break near its edge is the sentence's.
        slack = (last - first) // 4
        start = max(text.rfind(mark, 0, first + slack) for mark in ".!?\n") + 1
        ends = [place for mark in ".!?\n" if (place := text.find(mark, last - slack)) >= 0]
        end = min(ends, default=len(text))
        return _cut_disguised(f"{text[:start]}\n{text[end:]}", signs)
    return text


def _cut_asks(text: str, signs: list[str]) -> str:
    kept = []
    for match in _SENTENCE.finditer(text):
        sentence = match.group()
        kept.append(_cut_sentence(sentence, signs) if sentence.strip() else sentence)
    return "".join(kept)


def _cut_sentence(sentence: str, signs: list[str]) -> str:
    """The sentence up to where it turns to the grader; nothing of it where that is only seen in disguise."""
    spaced = _SPACED.sub(lambda run: re.sub(r"[ .\-_*]", "", run.group()), sentence)
    if any(pattern.search(spaced) for pattern in SPOKEN):
        sentence = spaced
    start = len(sentence)
    for name, patterns in PATTERNS.items():
        for pattern in patterns:
            found = pattern.search(sentence)
            if found:
                signs.append(name)
                start = min(start, found.start())
    if start < len(sentence):
        head = sentence[:start]
        if len(head.split()) < _SHORTEST_HEAD or _ALREADY.search(head):
            head = ""
        return head + ("\n" if sentence.endswith("\n") else " ")
    if speaks_of_marking(sentence):
        signs.append("words about the marking")
        return "\n" if sentence.endswith("\n") else " "
    plain = sentence.translate(_LEET)
    if plain != sentence and any(pattern.search(plain) for pattern in SPOKEN):
        signs.append("a disguised order to the grader")
        return "\n" if sentence.endswith("\n") else " "
    return sentence
