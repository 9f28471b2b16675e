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

from grade.language.english_detection import (
    build_vocabulary,
    has_english_part,
    is_foreign,
    is_foreign_sentence,
    is_in_other_script,
)
from grade.language.tokenizer import split_sentences
from grade.lazy_pattern import LazyPattern
from grade.prompt_injection.decoding import decode_variants
from grade.prompt_injection.hedging import is_word_list, remove_contradictions, remove_word_lists
from grade.prompt_injection.off_topic import find_disguised_orders, is_about_marking, is_off_topic, topic_stems
from grade.prompt_injection.pasted_json import remove_pasted_json
from grade.prompt_injection.patterns import (
    ENCODED_TEXT,
    FAKE_BLOCK,
    MARKUP_PATTERN,
    MIN_ENCODED_LENGTH,
    PATTERNS,
    PLAIN_PATTERNS,
)

LOOK_ALIKES = "look-alike characters of another alphabet"
WORD_LIST = "a list of key words without a statement"
FOREIGN_SENTENCE = "a sentence in another language"

_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\U000e0000-\U000e01ef]")
# Joiners and direction marks: a part of how Persian, Hebrew, Hindi or Khmer are written, so no sign in a text in
# another alphabet, nor beside a letter of one.
_FORMAT_CHARACTER = "[\u200b-\u200f\u202a-\u202e]"
_NON_LATIN = "[^\u0000-\u024f\u2000-\u206f\ufe00-\ufe0f\U000e0000-\U000e01ef]"
_ANY_FORMAT_CHARACTER, _FORMAT_CHARACTER_AT_LETTER = (
    re.compile(_FORMAT_CHARACTER),
    re.compile(f"(?<={_NON_LATIN}){_FORMAT_CHARACTER}++|(?<!{_FORMAT_CHARACTER}){_FORMAT_CHARACTER}++(?={_NON_LATIN})"),
)
_CONTROL_CHARACTERS = re.compile("[\u00ad\ufeff\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]")
_LATIN_LOOK_ALIKES = dict(
    zip(
        "аеіорсухѕјһԁԛԝАВЕІКМНОРСТХЅЈУαορνιυκτεχΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡıⅼ",
        "aeiopcyxsjhdqwABEIKMHOPCTXSJYaopviukTexABEZHIKMNOPTYXgil",
        strict=True,
    )
)
_GREEK_OR_CYRILLIC = re.compile("[\u0370-\u03ff\u0400-\u04ff\u0500-\u052f]")
_LATIN_OR_DIGIT = re.compile("[A-Za-z0-9]")
_WORD = re.compile(r"\w+")
_LEETSPEAK = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "|": "l"}
)

# What stands before the turn to the grader is kept if it may be a statement ("Before marking," is none).
_MIN_HEAD_WORDS = 4
_MAX_SCRAP_WORDS = 6
# Words of the marking before the turn: nothing of the matter is lost.
_MARKING_VOCABULARY = re.compile(
    r"\b(?:my|this|the) response\b"
    r"|\b(?:unit test|guidelines|criteri(?:on|a)|department|board|for the purposes? of|remaining points)\b",
    re.IGNORECASE,
)
_SPACED_LETTERS = re.compile(r"\b(?:\w[ .\-_*]){5,}\w\b")
_MARKUP_TOPIC = re.compile(r"<\w+|\bhtml\b|\btags?\b|\bmark-?(?:up|down)\b", re.IGNORECASE)
_SENTENCE_BREAK = re.compile(r"[.!?](?=\s|$)|\n")
# Between sentences; a new line is one only where it does not go on in small letters.
_UNIT_BOUNDARY = re.compile(r"(?<=[.!?;])(?=\s)|(?<!\s)(?=[^\S\n]*+\n\s*+[^a-z\s])")
_SENTENCE = re.compile(r"[^.!?\n]*+(?:[.!?]++|\n|$)")


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """`clean` is what is marked. `signs` names what was found, in words for a teacher; empty: nothing. `kept`: those of
    them that took nothing out of the answer."""

    clean: str
    findings: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def is_attack(self) -> bool:
        """Whether anything but another language was found: that is honest, though nobody marks it."""
        return any(sign != FOREIGN_SENTENCE for sign in self.findings)

    @property
    def has_foreign_sentences(self) -> bool:
        return FOREIGN_SENTENCE in self.findings

    def explanation(self) -> str:
        """What was found and what became of it, in sentences."""
        out = [sign for sign in self.findings if sign not in self.kept]
        found = [f"The answer holds {', '.join(out)}; that part was left out of the marking."] if out else []
        if self.kept:
            found.append(f"The answer holds {', '.join(self.kept)}; nothing was left out for that.")
        return " ".join(found)


def screen_answer(text: str, question_context: str = "") -> ScreeningResult:
    """Cuts out of an answer what speaks to the grader and not to the question. `about` is the question's and the
    scheme's own text: an expression that it uses itself is no sign in an answer to it."""
    findings: list[str] = []
    plain = _normalize_characters(text, findings)
    plain = "".join(_decode_if_injection(sentence, findings) for sentence in _SENTENCE.findall(plain))
    if any(sign in plain for sign in "<[("):
        plain, blocks = FAKE_BLOCK.subn("\n", plain)
        if blocks:
            findings.append("a fake header")
    plain, pasted = remove_pasted_json(plain)
    if pasted:
        findings.append("pasted JSON")
    plain = re.sub(r"```\w*", " ", plain)
    plain = _remove_disguised_orders(plain, findings)
    plain = _remove_injections(plain, findings, question_context)
    if any(len(word) >= MIN_ENCODED_LENGTH for word in plain.split()):
        plain, coded = ENCODED_TEXT.subn(" ", plain)
        if coded:
            findings.append("coded text")
    clean = "\n".join(" ".join(line.split()) for line in plain.splitlines())
    return _build_result(clean, findings, (LOOK_ALIKES,))


def screen_prose(text: str, question_text: str, scheme_texts: Sequence[str] = ()) -> ScreeningResult:
    """`inspect` for an answer in running text: also without sentences beside the matter, bare word lists and
    statements that stand beside their own opposite. `asked` is the question: one that asks for names may be answered
    by a list. `wanted` is what the scheme says; without it nobody can tell what the matter is.

    What is left out here goes by English grammar, so nothing of it is said of an answer in another language."""
    found = screen_answer(text, "\n".join((question_text, *scheme_texts)))
    question_words = build_vocabulary(question_text, *scheme_texts)
    if not has_english_part(found.clean, question_words):
        return found
    findings, kept = list(found.findings), list(found.kept)
    clean = (
        _remove_off_topic(found.clean, topic_stems(question_text, *scheme_texts), findings)
        if scheme_texts
        else found.clean
    )
    before = clean
    if not is_foreign("\n".join((question_text, *scheme_texts))):
        clean, foreign = _remove_foreign_sentences(clean, question_words)
        if foreign:
            (kept if clean == before else findings).append(FOREIGN_SENTENCE)
    before = clean
    clean, lists = remove_word_lists(clean, question_text, is_spared=lambda part: is_foreign(part, question_words))
    if lists:
        (kept if clean == before else findings).append(WORD_LIST)
    clean, opposed = remove_contradictions(clean)
    if opposed:
        findings.append("a statement beside its opposite")
    return _build_result(clean, [*findings, *kept], kept)


def _remove_foreign_sentences(text: str, question_words: frozenset[str]) -> tuple[str, bool]:
    """The answer without its sentences in another language, which no marker can be trusted to read, and whether there
    are any. Where nothing else would be left, they stay."""
    parts = split_sentences(text)
    kept = [
        part
        for part in parts
        if not is_foreign_sentence(part, question_words)
        and not (is_word_list(part) and is_foreign(part, question_words))
    ]
    if len(kept) == len(parts):
        return text, False
    return " ".join(kept) or text, True


def _build_result(clean: str, findings: Sequence[str], kept: Sequence[str]) -> ScreeningResult:
    found = tuple(dict.fromkeys(findings))
    return ScreeningResult(clean.strip(), found, tuple(sign for sign in found if sign in kept))


def _remove_off_topic(text: str, topic: frozenset[str], findings: list[str]) -> str:
    units = [unit for unit in _UNIT_BOUNDARY.split(text) if unit.strip()]
    kept = [unit for unit in units if not is_off_topic(unit, topic)]
    if len(kept) < len(units):
        findings.append("words that answer nothing")
    if findings:
        # What is left of an attack between its sentences: a few words that have nothing to do with the matter.
        kept = [unit for unit in kept if topic_stems(unit) & topic or len(unit.split()) > _MAX_SCRAP_WORDS]
    return "".join(kept).strip()


def _decode_if_injection(line: str, findings: list[str]) -> str:
    """The line, or what it says under a code where that speaks to the grader."""
    for plain in decode_variants(line):
        if _is_injection(plain):
            findings.append("coded text")
            return plain
    return line


def _is_injection(line: str) -> bool:
    return (
        any(pattern.search(line) for pattern in PLAIN_PATTERNS)
        or is_about_marking(line)
        or bool(find_disguised_orders(line))
    )


def _normalize_characters(text: str, findings: list[str]) -> str:
    """Without invisible characters; letters of other alphabets within Latin words as the letters they show. Where the
    answer itself is written in another alphabet, words of that alphabet are no disguise (СО2 is a formula)."""
    in_other_letters = is_in_other_script(text)
    if _INVISIBLE.search((_ANY_FORMAT_CHARACTER if in_other_letters else _FORMAT_CHARACTER_AT_LETTER).sub("", text)):
        findings.append("invisible characters")
    text = _CONTROL_CHARACTERS.sub("", _INVISIBLE.sub("", text))
    text = "".join(unicodedata.normalize("NFKC", char) if _is_compatibility_letter(char) else char for char in text)

    def fold(match: re.Match[str]) -> str:
        word = match.group()
        if not _GREEK_OR_CYRILLIC.search(word) or (in_other_letters and not _LATIN_OR_DIGIT.search(word)):
            return word
        folded = "".join(_LATIN_LOOK_ALIKES.get(char, char) for char in word)
        if len(word) > 2 and re.fullmatch(r"[A-Za-z0-9_]+", folded):
            findings.append(LOOK_ALIKES)
            return folded
        return word

    return _WORD.sub(fold, text)


def _is_compatibility_letter(char: str) -> bool:
    """Full-width, mathematical and ligature letters. Superscripts stay: 10⁸ is not 108."""
    code = ord(char)
    return (
        0xFF01 <= code <= 0xFF5E or 0x1D400 <= code <= 0x1D7FF or 0xFB00 <= code <= 0xFB06 or 0x24B6 <= code <= 0x24E9
    )


def _remove_disguised_orders(text: str, findings: list[str]) -> str:
    """Without the lines and sentences in which an order to the grader stands disguised, over however many of them."""
    while spans := _find_disguised_spans(text):
        findings.append("a disguised order to the grader")
        kept, at = [], 0
        for start, end in spans:
            kept.append(text[at:start] if start > at else "")
            at = max(at, end)
        text = "\n".join((*kept, text[at:]))
    return text


def _find_disguised_spans(text: str) -> list[tuple[int, int]]:
    """From and to of the sentences to be cut, in order."""
    breaks = [(found.start(), found.end()) for found in _SENTENCE_BREAK.finditer(text)]
    ends = [end for _, end in breaks]
    spans = []
    for first, last in find_disguised_orders(text):
        plain = text[first:last]
        if any(pattern.search(plain) for pattern in PLAIN_PATTERNS):
            continue  # said openly: the sentence is cut where it turns to the grader
        # A fuzzy match may reach a little into what stands beside it: a break near its edge is the sentence's.
        slack = (last - first) // 4
        before, after = bisect_right(ends, first + slack), bisect_left(breaks, (last - slack, 0))
        start = ends[before - 1] if before else 0
        spans.append((min(start, first + slack), breaks[after][0] if after < len(breaks) else len(text)))
    return sorted(spans)


def _remove_injections(text: str, findings: list[str], question_context: str) -> str:
    kept = []
    topic = topic_stems(question_context)
    known = frozenset(
        pattern for patterns in PATTERNS.values() for pattern in patterns if pattern.search(question_context)
    )
    if question_context and _MARKUP_TOPIC.search(question_context):
        known |= {pattern for pattern in PATTERNS["a fake header"] if pattern.pattern == MARKUP_PATTERN}
    for match in _SENTENCE.finditer(text):
        sentence = match.group()
        kept.append(_trim_sentence(sentence, findings, known, topic) if sentence.strip() else sentence)
    return "".join(kept)


def _trim_sentence(sentence: str, findings: list[str], known: frozenset[LazyPattern], topic: frozenset[str]) -> str:
    """The sentence up to where it turns to the grader, as far as that speaks of the matter; nothing of it where the
    turn is only seen in disguise."""
    spaced = _SPACED_LETTERS.sub(lambda run: re.sub(r"[ .\-_*]", "", run.group()), sentence)
    if any(pattern.search(spaced) for pattern in PLAIN_PATTERNS):
        sentence = spaced
    start = len(sentence)
    for name, patterns in PATTERNS.items():
        for pattern in patterns:
            found = pattern.search(sentence) if pattern not in known else None
            if found:
                findings.append(name)
                start = min(start, found.start())
    if start < len(sentence):
        head = sentence[:start]
        if (
            len(head.split()) < _MIN_HEAD_WORDS
            or _MARKING_VOCABULARY.search(head)
            or (topic and not topic_stems(head) & topic)
        ):
            head = ""
        return head + ("\n" if sentence.endswith("\n") else " ")
    if is_about_marking(sentence, topic):
        findings.append("words about the marking")
        return "\n" if sentence.endswith("\n") else " "
    plain = sentence.translate(_LEETSPEAK)
    if plain != sentence and any(pattern.search(plain) for pattern in PLAIN_PATTERNS):
        findings.append("a disguised order to the grader")
        return "\n" if sentence.endswith("\n") else " "
    return sentence
