"""Answers that try to talk to the grader: what they try is cut out before marking, and a person is asked.

Cutting keeps the mark at what the same answer would get without the attack; the flag never lowers it.
Patterns cannot know every wording. What holds against the rest stands elsewhere: an answer travels as
data, marks are summed in code and clamped, and every criterion needs evidence found on the sheet.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from grade.attacks.address import disguised, speaks_of_marking
from grade.attacks.aside import matter_of, speaks_aside
from grade.attacks.decoding import decodings
from grade.attacks.hedges import without_opposites, without_word_lists
from grade.attacks.patterns import BLOCKS, CODED, CODED_LENGTH, JSON_KEY, MARKUP, PATTERNS, QUOTES, SPOKEN
from grade.words.late import Late

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
_SCRAP = 6
# Words of the marking before the turn: nothing of the matter is lost.
_ALREADY = re.compile(
    r"\b(?:my|this|the) response\b"
    r"|\b(?:unit test|guidelines|criteri(?:on|a)|department|board|for the purposes? of|remaining points)\b",
    re.IGNORECASE,
)
_SPACED = re.compile(r"\b(?:\w[ .\-_*]){5,}\w\b")
_ON_MARKUP = re.compile(r"<\w+|\bhtml\b|\btags?\b|\bmark-?(?:up|down)\b", re.IGNORECASE)
_BREAK = re.compile(r"[.!?](?=\s|$)|\n")
# Between sentences; a new line is one only where it does not go on in small letters.
_UNIT = re.compile(r"(?<=[.!?;])(?=\s)|(?=\n\s*[^a-z\s])")
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?]+(?=\s|$)|\n|$|[.!?])")


@dataclass(frozen=True, slots=True)
class Inspection:
    """`clean` is what is marked. `signs` names what was found, in words for a teacher; empty: nothing."""

    clean: str
    signs: tuple[str, ...] = ()


def inspect(text: str, about: str = "") -> Inspection:
    """Cuts out of an answer what speaks to the grader and not to the question. `about` is the question's and the
    scheme's own text: an expression that it uses itself is no sign in an answer to it."""
    signs: list[str] = []
    plain = _visible(text, signs)
    plain = "".join(_decoded(sentence, signs) for sentence in _SENTENCE.findall(plain))
    if any(sign in plain for sign in "<[("):
        plain, blocks = BLOCKS.subn("\n", plain)
        if blocks:
            signs.append("a fake header")
    plain = _cut_json(plain, signs)
    plain = _cut_disguised(plain, signs)
    plain = _cut_asks(plain, signs, about)
    if any(len(word) >= CODED_LENGTH for word in plain.split()):
        plain, coded = CODED.subn(" ", plain)
        if coded:
            signs.append("coded text")
    clean = "\n".join(" ".join(line.split()) for line in plain.splitlines())
    return Inspection(clean.strip(), tuple(dict.fromkeys(signs)))


def inspect_prose(text: str, asked: str, wanted: Sequence[str] = ()) -> Inspection:
    """`inspect` for an answer in running text: also without sentences beside the matter, bare word lists and
    statements that stand beside their own opposite. `asked` is the question: one that asks for names may be answered
    by a list. `wanted` is what the scheme says; without it nobody can tell what the matter is."""
    found = inspect(text, "\n".join((asked, *wanted)))
    signs = list(found.signs)
    clean = _without_asides(found.clean, matter_of(asked, *wanted), signs) if wanted else found.clean
    clean, listed = without_word_lists(clean, asked)
    clean, opposed = without_opposites(clean)
    if listed:
        signs.append("a list of key words without a statement")
    if opposed:
        signs.append("a statement beside its opposite")
    return Inspection(clean.strip(), tuple(dict.fromkeys(signs)))


def _without_asides(text: str, matter: frozenset[str], signs: list[str]) -> str:
    units = [unit for unit in _UNIT.split(text) if unit.strip()]
    kept = [unit for unit in units if not speaks_aside(unit, matter)]
    if len(kept) < len(units):
        signs.append("words that answer nothing")
    if signs:
        # What is left of an attack between its sentences: a few words that have nothing to do with the matter.
        kept = [unit for unit in kept if matter_of(unit) & matter or len(unit.split()) > _SCRAP]
    return "".join(kept).strip()


def _decoded(line: str, signs: list[str]) -> str:
    """The line, or what it says under a code where that speaks to the grader."""
    for plain in decodings(line):
        if _speaks(plain):
            signs.append("coded text")
            return plain
    return line


def _speaks(line: str) -> bool:
    return any(pattern.search(line) for pattern in SPOKEN) or speaks_of_marking(line) or bool(disguised(line))


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
    while any(quote in text for quote in QUOTES) and (key := JSON_KEY.search(text)) is not None:
        signs.append("pasted JSON")
        start = text.rfind("{", 0, key.start())
        start = key.start() if start < 0 else start
        while start > 0 and text[:start].rstrip().endswith(("[", "{")):
            start = len(text[:start].rstrip()) - 1
        end = _closing(text, start)
        text = _without_its_line(text[:start], text[end:])
    return re.sub(r"```\w*", " ", text)


def _without_its_line(before: str, after: str) -> str:
    """Both sides joined, less a few words of the same line that only led to what was cut ("return … for all")."""
    above, _, lead = before.rpartition("\n")
    rest, _, below = after.partition("\n")
    if len(f"{lead} {rest}".split()) < _SHORTEST_HEAD:
        return f"{above}\n{below}"
    return f"{before} {after}"


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
        start = max((found.end() for found in _BREAK.finditer(text, 0, first + slack)), default=0)
        found = _BREAK.search(text, last - slack)
        end = found.start() if found else len(text)
        return _cut_disguised(f"{text[:start]}\n{text[end:]}", signs)
    return text


def _cut_asks(text: str, signs: list[str], about: str) -> str:
    kept = []
    matter = matter_of(about)
    known = frozenset(pattern for patterns in PATTERNS.values() for pattern in patterns if pattern.search(about))
    if about and _ON_MARKUP.search(about):
        known |= {pattern for pattern in PATTERNS["a fake header"] if pattern.pattern == MARKUP}
    for match in _SENTENCE.finditer(text):
        sentence = match.group()
        kept.append(_cut_sentence(sentence, signs, known, matter) if sentence.strip() else sentence)
    return "".join(kept)


def _cut_sentence(sentence: str, signs: list[str], known: frozenset[Late], matter: frozenset[str]) -> str:
    """The sentence up to where it turns to the grader, as far as that speaks of the matter; nothing of it where the
    turn is only seen in disguise."""
    spaced = _SPACED.sub(lambda run: re.sub(r"[ .\-_*]", "", run.group()), sentence)
    if any(pattern.search(spaced) for pattern in SPOKEN):
        sentence = spaced
    start = len(sentence)
    for name, patterns in PATTERNS.items():
        for pattern in patterns:
            found = pattern.search(sentence) if pattern not in known else None
            if found:
                signs.append(name)
                start = min(start, found.start())
    if start < len(sentence):
        head = sentence[:start]
        if len(head.split()) < _SHORTEST_HEAD or _ALREADY.search(head) or (matter and not matter_of(head) & matter):
            head = ""
        return head + ("\n" if sentence.endswith("\n") else " ")
    if speaks_of_marking(sentence, matter):
        signs.append("words about the marking")
        return "\n" if sentence.endswith("\n") else " "
    plain = sentence.translate(_LEET)
    if plain != sentence and any(pattern.search(plain) for pattern in SPOKEN):
        signs.append("a disguised order to the grader")
        return "\n" if sentence.endswith("\n") else " "
    return sentence
