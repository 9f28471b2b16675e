"""Screens answers for text that addresses the grader; it is removed before marking, and the answer is reviewed.

After the removal an answer gets the mark that it would get without the attack; the finding itself never lowers the
mark. Patterns cannot cover every wording. Other defences are elsewhere: an answer is sent to a model as data, marks are
added up in code and clamped, and every criterion needs evidence found on the sheet.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from grade.language.english_detection import (
    build_vocabulary,
    has_english_part,
    is_foreign,
    is_foreign_sentence,
)
from grade.language.tokenizer import split_sentences
from grade.lazy_pattern import LazyPattern
from grade.prompt_injection.decoding import decode_variants
from grade.prompt_injection.disguised_orders import find_disguised_orders, remove_disguised_orders
from grade.prompt_injection.hedging import is_word_list, remove_contradictions, remove_word_lists
from grade.prompt_injection.normalization import LOOK_ALIKES, normalize_characters
from grade.prompt_injection.off_topic import is_about_marking, is_off_topic, topic_stems
from grade.prompt_injection.pasted_json import remove_pasted_json
from grade.prompt_injection.patterns import (
    ENCODED_TEXT,
    FAKE_BLOCK,
    MARKUP_PATTERN,
    MIN_ENCODED_LENGTH,
    PATTERNS,
    PLAIN_PATTERNS,
)

WORD_LIST = "a list of key words without a statement"
FOREIGN_SENTENCE = "a sentence in another language"

_LEETSPEAK = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "|": "l"}
)

# The part of a sentence before it addresses the grader is kept if it may be a statement ("Before marking," is not).
_MIN_HEAD_WORDS = 4
_MAX_SCRAP_WORDS = 6
# If the part before it has these words about marking, it is dropped: no content is lost.
_MARKING_VOCABULARY = re.compile(
    r"\b(?:my|this|the) response\b"
    r"|\b(?:unit test|guidelines|criteri(?:on|a)|department|board|for the purposes? of|remaining points)\b",
    re.IGNORECASE,
)
_SPACED_LETTERS = re.compile(r"\b(?:\w[ .\-_*]){5,}\w\b")
_MARKUP_TOPIC = re.compile(r"<\w+|\bhtml\b|\btags?\b|\bmark-?(?:up|down)\b", re.IGNORECASE)
# Between sentences. A line break counts only if the next line does not start with a lower case letter.
_UNIT_BOUNDARY = re.compile(r"(?<=[.!?;])(?=\s)|(?<!\s)(?=[^\S\n]*+\n\s*+[^a-z\s])")
_SENTENCE = re.compile(r"[^.!?\n]*+(?:[.!?]++|\n|$)")


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """The result of screening. `clean` is the text to mark, `findings` what was found, in words for a teacher.
    `findings_without_removal` are those findings for which nothing was removed."""

    clean: str
    findings: tuple[str, ...] = ()
    findings_without_removal: tuple[str, ...] = ()

    @property
    def is_attack(self) -> bool:
        """Whether anything other than another language was found, which is honest although it cannot be marked."""
        return any(finding != FOREIGN_SENTENCE for finding in self.findings)

    @property
    def has_foreign_sentences(self) -> bool:
        return FOREIGN_SENTENCE in self.findings

    def explanation(self) -> str:
        """Sentences for a teacher: what was found, and whether it was removed."""
        unremoved = self.findings_without_removal
        removed = [finding for finding in self.findings if finding not in unremoved]
        sentences = []
        if removed:
            sentences.append(f"The answer holds {', '.join(removed)}; that part was left out of the marking.")
        if unremoved:
            sentences.append(f"The answer holds {', '.join(unremoved)}; nothing was left out for that.")
        return " ".join(sentences)


def screen_answer(text: str, question_context: str = "") -> ScreeningResult:
    """Remove what addresses the grader instead of the question. `question_context` is the text of the question and the
    scheme: a pattern that matches it is not a finding in an answer to it."""
    plain, character_findings = normalize_characters(text)
    findings = list(character_findings)
    plain = "".join(_decode_if_injection(sentence, findings) for sentence in _SENTENCE.findall(plain))
    if any(bracket in plain for bracket in "<[("):
        plain, blocks = FAKE_BLOCK.subn("\n", plain)
        if blocks:
            findings.append("a fake header")
    plain, pasted = remove_pasted_json(plain)
    if pasted:
        findings.append("pasted JSON")
    plain = re.sub(r"```\w*", " ", plain)
    plain, disguised = remove_disguised_orders(plain)
    if disguised:
        findings.append("a disguised order to the grader")
    plain = _remove_injections(plain, findings, question_context)
    if any(len(word) >= MIN_ENCODED_LENGTH for word in plain.split()):
        plain, coded = ENCODED_TEXT.subn(" ", plain)
        if coded:
            findings.append("coded text")
    clean = "\n".join(" ".join(line.split()) for line in plain.splitlines())
    return _build_result(clean, findings, (LOOK_ALIKES,))


def screen_prose(text: str, question_text: str, scheme_texts: Sequence[str] = ()) -> ScreeningResult:
    """Like `screen_answer`, for an answer in running text: also remove off-topic sentences, foreign sentences, bare
    word lists and statements next to their own opposite.

    `question_text` decides whether a list may be an answer: it may if names are asked for. `scheme_texts` define the
    topic; without them off-topic sentences are not removed. These removals rely on English grammar, so they are skipped
    for an answer in another language.
    """
    found = screen_answer(text, "\n".join((question_text, *scheme_texts)))
    question_words = build_vocabulary(question_text, *scheme_texts)
    if not has_english_part(found.clean, question_words):
        return found
    findings, unremoved = list(found.findings), list(found.findings_without_removal)
    clean = (
        _remove_off_topic(found.clean, topic_stems(question_text, *scheme_texts), findings)
        if scheme_texts
        else found.clean
    )
    before = clean
    if not is_foreign("\n".join((question_text, *scheme_texts))):
        clean, foreign = _remove_foreign_sentences(clean, question_words)
        if foreign:
            (unremoved if clean == before else findings).append(FOREIGN_SENTENCE)
    before = clean
    clean, lists = remove_word_lists(clean, question_text, is_spared=lambda part: is_foreign(part, question_words))
    if lists:
        (unremoved if clean == before else findings).append(WORD_LIST)
    clean, opposed = remove_contradictions(clean)
    if opposed:
        findings.append("a statement beside its opposite")
    return _build_result(clean, [*findings, *unremoved], unremoved)


def _remove_foreign_sentences(text: str, question_words: frozenset[str]) -> tuple[str, bool]:
    """The answer without its sentences in another language, which no marker reads reliably, and whether there are any.
    If nothing else would be left, they stay."""
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


def _build_result(clean: str, findings: Sequence[str], unremoved: Sequence[str]) -> ScreeningResult:
    distinct = tuple(dict.fromkeys(findings))
    return ScreeningResult(clean.strip(), distinct, tuple(finding for finding in distinct if finding in unremoved))


def _remove_off_topic(text: str, topic: frozenset[str], findings: list[str]) -> str:
    units = [unit for unit in _UNIT_BOUNDARY.split(text) if unit.strip()]
    kept = [unit for unit in units if not is_off_topic(unit, topic)]
    if len(kept) < len(units):
        findings.append("words that answer nothing")
    if findings:
        # Scraps of an attack between its removed sentences: a few words without a word of the topic.
        kept = [unit for unit in kept if topic_stems(unit) & topic or len(unit.split()) > _MAX_SCRAP_WORDS]
    return "".join(kept).strip()


def _decode_if_injection(line: str, findings: list[str]) -> str:
    """The line, or its decoded variant if that addresses the grader."""
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
    """The part of a sentence before it addresses the grader, if that part is on topic; nothing of a sentence that is
    about marking or only matches after decoding."""
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
