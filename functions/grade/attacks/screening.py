"""Answers that try to talk to the grader: what they try is cut out before marking, and a person is asked.

Cutting keeps the mark at what the same answer would get without the attack; the flag never lowers it.
Patterns cannot know every wording. What holds against the rest stands elsewhere: an answer travels as
data, marks are summed in code and clamped, and every criterion needs evidence found on the sheet.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from grade.attacks.address import disguised, speaks_of_marking
from grade.attacks.aside import matter_of, speaks_aside
from grade.attacks.decoding import decodings
from grade.attacks.hedges import is_word_list, without_opposites, without_word_lists
from grade.attacks.pasted_json import without_json
from grade.attacks.patterns import BLOCKS, CODED, CODED_LENGTH, MARKUP, PATTERNS, SPOKEN
from grade.words.english import has_english_part, in_another_alphabet, is_foreign, is_foreign_sentence, vocabulary
from grade.words.language import sentences
from grade.words.late import Late

LOOK_ALIKES = "look-alike characters of another alphabet"
WORD_LIST = "a list of key words without a statement"
FOREIGN_SENTENCE = "a sentence in another language"

_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\U000e0000-\U000e01ef]")
# Joiners and direction marks: a part of how Persian, Hebrew, Hindi or Khmer are written, so no sign in a text in
# another alphabet, nor beside a letter of one.
_MARK = "[\u200b-\u200f\u202a-\u202e]"
_BESIDE = "[^\u0000-\u024f\u2000-\u206f\ufe00-\ufe0f\U000e0000-\U000e01ef]"
_ANY_MARK, _MARK_BESIDE_LETTER = (
    re.compile(_MARK),
    re.compile(f"(?<={_BESIDE}){_MARK}++|(?<!{_MARK}){_MARK}++(?={_BESIDE})"),
)
_HARMLESS = re.compile("[\u00ad\ufeff\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]")
_TWINS = dict(
    zip(
        "аеіорсухѕјһԁԛԝАВЕІКМНОРСТХЅЈУαορνιυκτεχΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡıⅼ",
        "aeiopcyxsjhdqwABEIKMHOPCTXSJYaopviukTexABEZHIKMNOPTYXgil",
        strict=True,
    )
)
_FOREIGN = re.compile("[\u0370-\u03ff\u0400-\u04ff\u0500-\u052f]")
_LATIN_OR_DIGIT = re.compile("[A-Za-z0-9]")
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
_UNIT = re.compile(r"(?<=[.!?;])(?=\s)|(?<!\s)(?=[^\S\n]*+\n\s*+[^a-z\s])")
_SENTENCE = re.compile(r"[^.!?\n]*+(?:[.!?]++|\n|$)")


@dataclass(frozen=True, slots=True)
class Inspection:
    """`clean` is what is marked. `signs` names what was found, in words for a teacher; empty: nothing. `kept`: those of
    them that took nothing out of the answer."""

    clean: str
    signs: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def is_attack(self) -> bool:
        """Whether anything but another language was found: that is honest, though nobody marks it."""
        return any(sign != FOREIGN_SENTENCE for sign in self.signs)

    @property
    def has_foreign_sentence(self) -> bool:
        return FOREIGN_SENTENCE in self.signs

    def said(self) -> str:
        """What was found and what became of it, in sentences."""
        out = [sign for sign in self.signs if sign not in self.kept]
        found = [f"The answer holds {', '.join(out)}; that part was left out of the marking."] if out else []
        if self.kept:
            found.append(f"The answer holds {', '.join(self.kept)}; nothing was left out for that.")
        return " ".join(found)


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
    plain, pasted = without_json(plain)
    if pasted:
        signs.append("pasted JSON")
    plain = re.sub(r"```\w*", " ", plain)
    plain = _cut_disguised(plain, signs)
    plain = _cut_asks(plain, signs, about)
    if any(len(word) >= CODED_LENGTH for word in plain.split()):
        plain, coded = CODED.subn(" ", plain)
        if coded:
            signs.append("coded text")
    clean = "\n".join(" ".join(line.split()) for line in plain.splitlines())
    return _inspection(clean, signs, (LOOK_ALIKES,))


def inspect_prose(text: str, asked: str, wanted: Sequence[str] = ()) -> Inspection:
    """`inspect` for an answer in running text: also without sentences beside the matter, bare word lists and
    statements that stand beside their own opposite. `asked` is the question: one that asks for names may be answered
    by a list. `wanted` is what the scheme says; without it nobody can tell what the matter is.

    What is left out here goes by English grammar, so nothing of it is said of an answer in another language."""
    found = inspect(text, "\n".join((asked, *wanted)))
    question_words = vocabulary(asked, *wanted)
    if not has_english_part(found.clean, question_words):
        return found
    signs, kept = list(found.signs), list(found.kept)
    clean = _without_asides(found.clean, matter_of(asked, *wanted), signs) if wanted else found.clean
    before = clean
    if not is_foreign("\n".join((asked, *wanted))):
        clean, foreign = _without_foreign_sentences(clean, question_words)
        if foreign:
            (kept if clean == before else signs).append(FOREIGN_SENTENCE)
    before = clean
    clean, lists = without_word_lists(clean, asked, is_spared=lambda part: is_foreign(part, question_words))
    if lists:
        (kept if clean == before else signs).append(WORD_LIST)
    clean, opposed = without_opposites(clean)
    if opposed:
        signs.append("a statement beside its opposite")
    return _inspection(clean, [*signs, *kept], kept)


def _without_foreign_sentences(text: str, question_words: frozenset[str]) -> tuple[str, bool]:
    """The answer without its sentences in another language, which no marker can be trusted to read, and whether there
    are any. Where nothing else would be left, they stay."""
    parts = sentences(text)
    kept = [
        part
        for part in parts
        if not is_foreign_sentence(part, question_words)
        and not (is_word_list(part) and is_foreign(part, question_words))
    ]
    if len(kept) == len(parts):
        return text, False
    return " ".join(kept) or text, True


def _inspection(clean: str, signs: Sequence[str], kept: Sequence[str]) -> Inspection:
    found = tuple(dict.fromkeys(signs))
    return Inspection(clean.strip(), found, tuple(sign for sign in found if sign in kept))


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
    """Without invisible characters; letters of other alphabets within Latin words as the letters they show. Where the
    answer itself is written in another alphabet, words of that alphabet are no disguise (СО2 is a formula)."""
    in_other_letters = in_another_alphabet(text)
    if _INVISIBLE.search((_ANY_MARK if in_other_letters else _MARK_BESIDE_LETTER).sub("", text)):
        signs.append("invisible characters")
    text = _HARMLESS.sub("", _INVISIBLE.sub("", text))
    text = "".join(unicodedata.normalize("NFKC", char) if _is_styled(char) else char for char in text)

    def fold(match: re.Match[str]) -> str:
        word = match.group()
        if not _FOREIGN.search(word) or (in_other_letters and not _LATIN_OR_DIGIT.search(word)):
            return word
        folded = "".join(_TWINS.get(char, char) for char in word)
        if len(word) > 2 and re.fullmatch(r"[A-Za-z0-9_]+", folded):
            signs.append(LOOK_ALIKES)
            return folded
        return word

    return _WORD.sub(fold, text)


def _is_styled(char: str) -> bool:
    """Full-width, mathematical and ligature letters. Superscripts stay: 10⁸ is not 108."""
    code = ord(char)
    return (
        0xFF01 <= code <= 0xFF5E or 0x1D400 <= code <= 0x1D7FF or 0xFB00 <= code <= 0xFB06 or 0x24B6 <= code <= 0x24E9
    )


def _cut_disguised(text: str, signs: list[str]) -> str:
    """Without the lines and sentences in which an order to the grader stands disguised, over however many of them."""
    while spans := _disguised_spans(text):
        signs.append("a disguised order to the grader")
        kept, at = [], 0
        for start, end in spans:
            kept.append(text[at:start] if start > at else "")
            at = max(at, end)
        text = "\n".join((*kept, text[at:]))
    return text


def _disguised_spans(text: str) -> list[tuple[int, int]]:
    """From and to of the sentences to be cut, in order."""
    breaks = [(found.start(), found.end()) for found in _BREAK.finditer(text)]
    ends = [end for _, end in breaks]
    spans = []
    for first, last in disguised(text):
        plain = text[first:last]
        if any(pattern.search(plain) for pattern in SPOKEN):
            continue  # said openly: the sentence is cut where it turns to the grader
        # A fuzzy match may reach a little into what stands beside it: a break near its edge is the sentence's.
        slack = (last - first) // 4
        before, after = bisect_right(ends, first + slack), bisect_left(breaks, (last - slack, 0))
        start = ends[before - 1] if before else 0
        spans.append((min(start, first + slack), breaks[after][0] if after < len(breaks) else len(text)))
    return sorted(spans)


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
