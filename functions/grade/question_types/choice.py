"""Marks choice questions: parses the selected options and compares them with the scheme.

A student may write the letter, the option's words, or both. More options than asked for, "B or C", or a letter next to
the words of another option are never decided in the student's favour by code.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.models.assessment import Option, Question, SchemeEntry
from core.models.result import ReviewReason
from grade.language import lookalikes
from grade.mark_arithmetic import RuleMark, clamp

LEAD_IN = re.compile(
    r"^(?:(?:so|hence|therefore|thus|i think|i believe|it is|it's|its|my|the|correct|right|final|best|is)\s+)*"
    r"(?:(?:ans(?:wer)?|opt(?:ion)?|choice|response)s?\b\.?\s*(?:is|are|=|:|-)?\s*|(?:both|only|just)\s+)+",
    re.I,
)
_JOIN = r"(?:\s*(?:,|;|/|&|\+|\band\b|\bor\b|\s)\s*)"
_NAMED_OPTION = re.compile(
    r"\b(?:answer|option|opt|choice|ans)s?\b\.?\s*(?:is|are|=|:|-)?\s*[(\[]?([A-Za-z]|[ivx]{1,4}|\d)[)\]]?(?![\w'])",
    re.I,
)
# "It can't be B so C", "A because the others are wrong".
_CONCLUSION = re.compile(
    r"(?:\b(?:it is|it's|so|hence|therefore|thus|must be)\s+[(\[]?([A-H])[)\]]?\s*[.!]?\s*$"
    r"|^\s*[(\[]?([A-H])[)\]]?\s+(?:because|since|as)\b)"
)
_BRACKETED = re.compile(
    r"(?<![\w(])[(\[]([A-Za-z]|[ivx]{1,4}|\d)[)\]]|(?:^|\n|[,;&]\s*|\band\s+)([A-Za-z])[).:](?=\s|$)", re.I
)
_NEGATED = re.compile(r"\b(?:not|isn't|n't|except|neither|nor|instead of|rather than)\b", re.I)
# "A cell membrane": an article, or the letter A next to the words of another option.
_ARTICLE_OR_LABEL = re.compile(r"\s*([AI])\s+(?=\S)")
_EITHER = re.compile(r"\bor\b", re.I)
_ALL_OR_NONE = re.compile(r"(all|none|both|neither)(?: of)?(?: the| these| them)?(?: above| options?| answers?)?")
_HEDGE = re.compile(r"\bor\b|\?|\bmaybe\b|\bperhaps\b|\beither\b|/", re.I)
_MIN_SIMILARITY = 88.0
_MIN_RIVAL_SIMILARITY = 70.0
_NUMBER = re.compile(r"[-+−]?\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class SelectedOptions:
    """The labels of the selected options. `review_reason`: why a person should check them, explained in words."""

    labels: frozenset[str]
    review_reason: ReviewReason | None = None
    explanation: str = ""


def normalize_label(label: str) -> str:
    """The label without punctuation and case: "b" for "(b)" and "B."."""
    return re.sub(r"[^0-9a-z]", "", label.casefold())


def parse_selected_options(text: str, options: Sequence[Option], *, several: bool) -> SelectedOptions:
    """Parses the selected options. `several`: more than one option is right, so that "AC" selects two."""
    labels = [normalize_label(option.label) for option in options] or list("abcdefgh")
    cleaned = " ".join(LEAD_IN.sub("", text.strip()).split())
    listed = _parse_label_list(cleaned, labels, several=several)
    if listed is not None:
        hedged = len(listed) > 1 and (_EITHER if several else _HEDGE).search(cleaned)
        return SelectedOptions(
            listed, *((ReviewReason.EXTRA_ANSWERS, "more than one option is offered") if hedged else ())
        )
    by_words = _match_option_text(cleaned, options)
    by_label = _find_labels(text, labels)
    if not by_label and not by_words:
        by_words = _match_option_number(cleaned, options) or _match_all_or_none(cleaned, options)
    if _NEGATED.search(cleaned) and not by_words:
        return SelectedOptions(by_label, ReviewReason.UNCLEAR_ANSWER, "an option is named in order to refuse it")
    if by_label and by_words and by_label != by_words:
        return SelectedOptions(
            by_label | by_words, ReviewReason.UNCLEAR_ANSWER, "the letter and the words name different options"
        )
    if not by_label and not by_words:
        return _match_lookalike_option(cleaned, labels, options)
    explanation = _find_ambiguity(text, cleaned, options, by_words, by_label)
    return SelectedOptions(by_label or by_words, ReviewReason.UNCLEAR_ANSWER if explanation else None, explanation)


def _find_ambiguity(
    text: str, cleaned: str, options: Sequence[Option], by_words: frozenset[str], by_label: frozenset[str]
) -> str:
    """What else the answer may mean: a label that looks like an article, or an option that is spelled alike.

    Returns the explanation, "" where there is no ambiguity.
    """
    article = _ARTICLE_OR_LABEL.match(text)
    labels = {normalize_label(option.label) for option in options}
    if by_words and article and normalize_label(article[1]) in labels - by_words:
        return f"“{article[1]}” may be the letter of another option"
    rival = _find_similar_option(cleaned, options, by_words) if by_words and not by_label else None
    return f"“{cleaned}” may also be “{rival}”" if rival else ""


def mark(question: Question, entry: SchemeEntry, text: str, max_marks: float) -> RuleMark:
    """All or nothing, or partial marks where the scheme allows them; `negative` is subtracted for a wrong answer."""
    right = frozenset(_resolve_option_label(answer, question.options) for answer in entry.answers)
    selected = parse_selected_options(text, question.options, several=len(right) > 1)
    if not selected.labels:
        explanation = "The answer names none of the options."
        return RuleMark(None, explanation, 0.3, (selected.review_reason or ReviewReason.UNCLEAR_ANSWER,))
    cleaned, wanted = _format_labels(selected.labels), _format_labels(right)
    allowed = max(len(question.options), len(selected.labels | right))
    if (len(right) == 1 and len(selected.labels) > 1) or (
        len(right) < allowed and len(selected.labels) >= max(allowed, 3)
    ):
        return RuleMark(
            0.0,
            f"Read {cleaned}: more options than were asked for.",
            0.7,
            (selected.review_reason or ReviewReason.EXTRA_ANSWERS,),
        )
    marks = _calculate_marks(selected.labels, right, entry, max_marks)
    reason = f"Read {cleaned}; right is {wanted}." if selected.labels != right else f"Read {cleaned}, which is right."
    if selected.review_reason:
        return RuleMark(marks, f"{reason} To be checked: {selected.explanation}.", 0.5, (selected.review_reason,))
    return RuleMark(marks, reason)


def _calculate_marks(selected: frozenset[str], right: frozenset[str], entry: SchemeEntry, max_marks: float) -> float:
    """Partial marks: each right option adds a share, each wrong one subtracts a share."""
    if selected == right:
        return max_marks
    wrong = -entry.negative if entry.negative else 0.0
    if not entry.partial:
        return wrong
    share = max_marks / len(right)
    return clamp((len(selected & right) - len(selected - right)) * share, wrong, max_marks)


def _resolve_option_label(answer: str, options: Sequence[Option]) -> str:
    """The label of an option that the scheme names by label or by its words."""
    known = {normalize_label(option.label) for option in options}
    label = normalize_label(answer)
    if label in known or not options:
        return label
    by_words = _match_option_text(answer, options)
    if len(by_words) == 1:
        return next(iter(by_words))
    lead = re.match(r"^\W*([A-Za-z0-9]{1,3})[).:\s]", answer)
    return normalize_label(lead.group(1)) if lead and normalize_label(lead.group(1)) in known else label


def _parse_label_list(cleaned: str, labels: Sequence[str], *, several: bool) -> frozenset[str] | None:
    """The labels if the answer holds nothing else ("B", "(a), (c)", "A and C"; "ACD" if `several`), else None."""
    bare = cleaned.strip(" .;:?!\"'")
    parts = [normalize_label(part) for part in re.split(_JOIN, bare) if normalize_label(part)]
    if parts and all(part in labels for part in parts):
        return frozenset(parts)
    if len(parts) == 1 and 1 < len(parts[0]) <= len(labels) and bare.isalpha() and (several or bare.isupper()):
        letters = list(parts[0])
        # One letter twice selects one option ("CC").
        if all(letter in labels for letter in letters) and len(set(letters)) in (1, len(letters)):
            return frozenset(letters)
    return None


def _find_labels(text: str, labels: Sequence[str]) -> frozenset[str]:
    """Labels among other words: "(b)", "B) …", "option C", "B - …" or a capital letter at the start."""
    found = {normalize_label(match.group(1)) for match in _NAMED_OPTION.finditer(text)}
    found = {label for label in found if label in labels}
    concluded = {normalize_label(label) for match in _CONCLUSION.finditer(text) for label in match.groups() if label}
    found |= concluded & set(labels)
    if found:
        return frozenset(found)
    for match in _BRACKETED.finditer(text):
        found.add(normalize_label(match.group(1) or match.group(2)))
    lead = re.match(
        r"^\s*(?:([A-Z])\b(?!\s+[a-z]+\s+(?:is|are|was|has)\b)(?:\s*[-–—=:,.]|\s+(?=\S)|$)|([a-z])\s*[-–—=:]\s)", text
    )
    if lead and not (lead.group() == "A " or lead.group() == "I "):
        found.add(normalize_label(lead.group(1) or lead.group(2)))
    return frozenset(label for label in found if label in labels)


def _match_option_text(cleaned: str, options: Sequence[Option]) -> frozenset[str]:
    """The options whose words the answer uses; where one option contains another, only the longer one."""
    plain = _normalize_text(cleaned)
    scored = []
    for option in options:
        words = _normalize_text(option.text)
        if not words:
            continue
        within = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", plain) is not None
        similarity = fuzz.ratio(plain, words) if len(words) > 3 else (100.0 if plain == words else 0.0)
        if within or similarity >= _MIN_SIMILARITY:
            scored.append((similarity, len(words), words, normalize_label(option.label)))
    exact = [item for item in scored if item[2] == plain]
    kept = exact or [
        item for item in scored if not any(item[2] != other[2] and item[2] in other[2] for other in scored)
    ]
    if len(kept) > 1 and not any(re.search(rf"(?<!\w){re.escape(item[2])}(?!\w)", plain) for item in kept):
        kept = [max(kept)]
    return frozenset(item[3] for item in kept)


def _match_option_number(cleaned: str, options: Sequence[Option]) -> frozenset[str]:
    """The one option with this number, if the answer is a number without the option's unit."""
    number = _NUMBER.fullmatch(cleaned.strip(" ."))
    if number is None:
        return frozenset()
    matches = [option for option in options if _NUMBER.findall(option.text)[:2] == [number.group()]]
    return frozenset({normalize_label(matches[0].label)}) if len(matches) == 1 else frozenset()


def _match_all_or_none(cleaned: str, options: Sequence[Option]) -> frozenset[str]:
    """The one "all of these" option for "All of the above", and likewise for none, both and neither."""
    answered = _ALL_OR_NONE.fullmatch(_normalize_text(cleaned))
    if answered is None:
        return frozenset()
    matches = [
        option
        for option in options
        if (own := _ALL_OR_NONE.fullmatch(_normalize_text(option.text))) and own[1] == answered[1]
    ]
    return frozenset({normalize_label(matches[0].label)}) if len(matches) == 1 else frozenset()


def _find_similar_option(cleaned: str, options: Sequence[Option], selected: frozenset[str]) -> str | None:
    """The text of another option that a misspelled answer is nearly as close to ("mittosis": mitosis or meiosis)."""
    plain = _normalize_text(cleaned)
    if any(
        re.search(rf"(?<!\w){re.escape(_normalize_text(option.text))}(?!\w)", plain)
        for option in options
        if option.text
    ):
        return None
    others = [option.text for option in options if normalize_label(option.label) not in selected]
    return next((text for text in others if fuzz.ratio(plain, _normalize_text(text)) >= _MIN_RIVAL_SIMILARITY), None)


def _normalize_text(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+|[-+]?\d+(?:[.,]\d+)?|[%°]", text.casefold()))


def _match_lookalike_option(cleaned: str, labels: Sequence[str], options: Sequence[Option]) -> SelectedOptions:
    """The option whose text or label the answer may be with look-alike characters, always for review."""
    matches = [
        option
        for option in options
        if option.text and lookalikes.looks_like(_normalize_text(cleaned), _normalize_text(option.text))
    ]
    if len(matches) == 1:
        explanation = f"“{cleaned.strip()}” looks like “{matches[0].text}”"
        return SelectedOptions(frozenset({normalize_label(matches[0].label)}), ReviewReason.LOOK_ALIKE, explanation)
    for letter in lookalikes.possible_letters(cleaned):
        if letter.casefold() in labels:
            explanation = f"“{cleaned.strip()}” may be a {letter}"
            return SelectedOptions(frozenset({letter.casefold()}), ReviewReason.LOOK_ALIKE, explanation)
    return SelectedOptions(frozenset(), ReviewReason.UNCLEAR_ANSWER, "no option is named")


def _format_labels(labels: frozenset[str]) -> str:
    return ", ".join(sorted(label.upper() for label in labels))
