"""Choice and true/false answers: what was picked, and what it is worth.

A student may write the letter, the option's words, or both. More picks than asked, "B or C", or a
letter beside the words of another option are no answer that code may decide in the student's favour.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from core.assessment import Option, Question, SchemeEntry
from core.result import ReviewReason
from grade.decision import Decision, clamp
from grade.words import lookalikes
from grade.words.language import word_set

_LEAD = re.compile(
    r"^(?:(?:so|hence|therefore|thus|i think|i believe|it is|it's|its|my|the|correct|right|final|best|is)\s+)*"
    r"(?:(?:ans(?:wer)?|opt(?:ion)?|choice|response)s?\b\.?\s*(?:is|are|=|:|-)?\s*|(?:both|only|just)\s+)+",
    re.I,
)
_JOIN = r"(?:\s*(?:,|;|/|&|\+|\band\b|\bor\b|\s)\s*)"
_NAMED = re.compile(
    r"\b(?:answer|option|opt|choice|ans)s?\b\.?\s*(?:is|are|=|:|-)?\s*[(\[]?([A-Za-z]|[ivx]{1,4}|\d)[)\]]?(?![\w'])",
    re.I,
)
# "It can't be B so C", "A because the others are wrong".
_CONCLUDED = re.compile(
    r"(?:\b(?:it is|it's|so|hence|therefore|thus|must be)\s+[(\[]?([A-H])[)\]]?\s*[.!]?\s*$"
    r"|^\s*[(\[]?([A-H])[)\]]?\s+(?:because|since|as)\b)"
)
_BRACKETED = re.compile(
    r"(?<![\w(])[(\[]([A-Za-z]|[ivx]{1,4}|\d)[)\]]|(?:^|\n|[,;&]\s*|\band\s+)([A-Za-z])[).:](?=\s|$)", re.I
)
_REFUSED = re.compile(r"\b(?:not|isn't|n't|except|neither|nor|instead of|rather than)\b", re.I)
# "A cell membrane": an article, or option A beside the words of another.
_ARTICLE_OR_LABEL = re.compile(r"\s*([AI])\s+(?=\S)")
_EITHER = re.compile(r"\bor\b", re.I)
_ALL_OR_NONE = re.compile(r"(all|none|both|neither)(?: of)?(?: the| these| them)?(?: above| options?| answers?)?")
_HEDGE = re.compile(r"\bor\b|\?|\bmaybe\b|\bperhaps\b|\beither\b|/", re.I)
_TRUE = word_set("t true yes y correct right ✓ ✔ √ agree")
_FALSE = word_set("f false no n incorrect wrong untrue ✗ ✘ × x disagree")
_WORDS = re.compile(r"[^\W_]+(?:'[a-z]+)?|[✓✔√✗✘×]")
_SAME_TEXT = 88.0
_RIVAL = 70.0
_NUMBER = re.compile(r"[-+−]?\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Picks:
    """The options picked, by label. `doubt` is why a person should look, with `why` in words."""

    labels: frozenset[str]
    doubt: ReviewReason | None = None
    why: str = ""


def normal_label(label: str) -> str:
    """ "(b)", "B." and "b" are one label."""
    return re.sub(r"[^0-9a-z]", "", label.casefold())


def read_picks(text: str, options: Sequence[Option], *, several: bool) -> Picks:
    """What the student picked. `several`: more than one option is right, so "AC" is two picks."""
    labels = [normal_label(option.label) for option in options] or list("abcdefgh")
    said = " ".join(_LEAD.sub("", text.strip()).split())
    listed = _label_list(said, labels, several=several)
    if listed is not None:
        hedged = len(listed) > 1 and (_EITHER if several else _HEDGE).search(said)
        return Picks(listed, *((ReviewReason.EXTRA_ANSWERS, "more than one option is offered") if hedged else ()))
    by_words = _by_words(said, options)
    by_label = _labels_in(text, labels)
    if not by_label and not by_words:
        by_words = _by_number(said, options) or _all_or_none(said, options)
    if _REFUSED.search(said) and not by_words:
        return Picks(by_label, ReviewReason.UNCLEAR_ANSWER, "an option is named in order to refuse it")
    if by_label and by_words and by_label != by_words:
        return Picks(
            by_label | by_words, ReviewReason.UNCLEAR_ANSWER, "the letter and the words name different options"
        )
    if not by_label and not by_words:
        return _look_alike(said, labels, options)
    why = _other_reading(text, said, options, by_words, by_label)
    return Picks(by_label or by_words, ReviewReason.UNCLEAR_ANSWER if why else None, why)


def _other_reading(
    text: str, said: str, options: Sequence[Option], by_words: frozenset[str], by_label: frozenset[str]
) -> str:
    """What else an option's words may mean: the label that looks like an article, a neighbour spelled alike."""
    article = _ARTICLE_OR_LABEL.match(text)
    labels = {normal_label(option.label) for option in options}
    if by_words and article and normal_label(article[1]) in labels - by_words:
        return f"“{article[1]}” may be the letter of another option"
    rival = _rival(said, options, by_words) if by_words and not by_label else None
    return f"“{said}” may also be “{rival}”" if rival else ""


def mark_choice(question: Question, entry: SchemeEntry, text: str, max_marks: float) -> Decision:
    """All-or-nothing, or partial where the scheme says so; `negative` is taken off for a wrong answer."""
    right = frozenset(_as_label(answer, question.options) for answer in entry.answers)
    picks = read_picks(text, question.options, several=len(right) > 1)
    if not picks.labels:
        why = "The answer names none of the options."
        return Decision(None, why, 0.3, (picks.doubt or ReviewReason.UNCLEAR_ANSWER,))
    said, wanted = _spoken(picks.labels), _spoken(right)
    allowed = max(len(question.options), len(picks.labels | right))
    if (len(right) == 1 and len(picks.labels) > 1) or (len(right) < allowed and len(picks.labels) >= max(allowed, 3)):
        return Decision(
            0.0, f"Read {said}: more options than were asked for.", 0.7, (picks.doubt or ReviewReason.EXTRA_ANSWERS,)
        )
    marks = _worth(picks.labels, right, entry, max_marks)
    reason = f"Read {said}; right is {wanted}." if picks.labels != right else f"Read {said}, which is right."
    if picks.doubt:
        return Decision(marks, f"{reason} To be checked: {picks.why}.", 0.5, (picks.doubt,))
    return Decision(marks, reason)


def mark_true_false(entry: SchemeEntry, text: str, max_marks: float) -> Decision:
    right = read_truth(entry.answers[0])
    said = read_truth(text)
    if right is None:
        return Decision(None, "The scheme's answer is neither true nor false.", 0.0, (ReviewReason.NO_SCHEME,))
    if said is None and (seen := _looks_true_or_false(text)) is not None:
        marks = max_marks if seen == right else -entry.negative if entry.negative else 0.0
        reason = f"“{text.strip()}” looks like {'true' if seen else 'false'}."
        return Decision(marks, reason, 0.6, (ReviewReason.LOOK_ALIKE,))
    if said is None:
        return Decision(None, "The answer says neither true nor false, or both.", 0.3, (ReviewReason.UNCLEAR_ANSWER,))
    word = "true" if said else "false"
    if said == right:
        return Decision(max_marks, f"Read {word}, which is right.")
    return Decision(
        -entry.negative if entry.negative else 0.0, f"Read {word}; right is {'true' if right else 'false'}."
    )


def read_truth(text: str) -> bool | None:
    """True, false, or None where neither or both are said. A leading word decides before its explanation."""
    said = _LEAD.sub("", text.strip())
    words = [word.casefold() for word in _WORDS.findall(said.replace("’", "'"))]
    if re.match(r"^\W*(?:t(?:rue)?|yes|y)\W*(?:/|or|and)\W*(?:f(?:alse)?|no|n)\b", said, re.I) or (
        re.match(r"^\W*(?:f(?:alse)?|no|n)\W*(?:/|or|and)\W*(?:t(?:rue)?|yes|y)\b", said, re.I)
    ):
        return None
    if words and set(words) <= _TRUE | _FALSE and set(words) & _TRUE and set(words) & _FALSE:
        return None
    if (
        words
        and words[0] in _TRUE | _FALSE
        and not (words[0] in {"no", "yes"} and _truths(words[1:]) == {words[0] == "no"})
    ):
        return words[0] in _TRUE
    found = _truths(words)
    return found.pop() if len(found) == 1 else None


def _looks_true_or_false(text: str) -> bool | None:
    """A single word that is one misread letter away from true or false ("Trve", "fa1se")."""
    word = text.strip(" .,;:!").casefold()
    for truth in ("true", "false"):
        if 3 <= len(word) <= 6 and OSA.distance(word, truth) == 1:
            return truth == "true"
    return None


def _truths(words: Sequence[str]) -> set[bool]:
    found: set[bool] = set()
    for index, word in enumerate(words):
        if len(word) < 4 and word not in {"yes", "no"}:
            continue
        turned = any(before in {"not", "isn't", "never"} for before in words[max(0, index - 2) : index])
        if word in _TRUE:
            found.add(not turned)
        elif word in _FALSE and word != "no":
            found.add(turned)
    return found


def _worth(picked: frozenset[str], right: frozenset[str], entry: SchemeEntry, max_marks: float) -> float:
    if picked == right:
        return max_marks
    wrong = -entry.negative if entry.negative else 0.0
    if not entry.partial:
        return wrong
    share = max_marks / len(right)
    return clamp((len(picked & right) - len(picked - right)) * share, wrong, max_marks)


def _as_label(answer: str, options: Sequence[Option]) -> str:
    """The label of an option that the scheme names by label or by its words."""
    known = {normal_label(option.label) for option in options}
    label = normal_label(answer)
    if label in known or not options:
        return label
    by_words = _by_words(answer, options)
    if len(by_words) == 1:
        return next(iter(by_words))
    lead = re.match(r"^\W*([A-Za-z0-9]{1,3})[).:\s]", answer)
    return normal_label(lead.group(1)) if lead and normal_label(lead.group(1)) in known else label


def _label_list(said: str, labels: Sequence[str], *, several: bool) -> frozenset[str] | None:
    """The labels, where the answer is nothing but labels ("B", "(a), (c)", "A and C", "ACD" if several)."""
    bare = said.strip(" .;:?!\"'")
    parts = [normal_label(part) for part in re.split(_JOIN, bare) if normal_label(part)]
    if parts and all(part in labels for part in parts):
        return frozenset(parts)
    if len(parts) == 1 and 1 < len(parts[0]) <= len(labels) and bare.isalpha() and (several or bare.isupper()):
        letters = list(parts[0])
        # One letter twice is one pick ("CC").
        if all(letter in labels for letter in letters) and len(set(letters)) in (1, len(letters)):
            return frozenset(letters)
    return None


def _labels_in(text: str, labels: Sequence[str]) -> frozenset[str]:
    """Labels that stand out within words: "(b)", "B) …", "option C", "B - …" or a first capital by itself."""
    found = {normal_label(match.group(1)) for match in _NAMED.finditer(text)}
    found = {label for label in found if label in labels}
    found |= {normal_label(one) for match in _CONCLUDED.finditer(text) for one in match.groups() if one} & set(labels)
    if found:
        return frozenset(found)
    for match in _BRACKETED.finditer(text):
        found.add(normal_label(match.group(1) or match.group(2)))
    lead = re.match(
        r"^\s*(?:([A-Z])\b(?!\s+[a-z]+\s+(?:is|are|was|has)\b)(?:\s*[-–—=:,.]|\s+(?=\S)|$)|([a-z])\s*[-–—=:]\s)", text
    )
    if lead and not (lead.group() == "A " or lead.group() == "I "):
        found.add(normal_label(lead.group(1) or lead.group(2)))
    return frozenset(label for label in found if label in labels)


def _by_words(said: str, options: Sequence[Option]) -> frozenset[str]:
    """The options whose words the answer uses; of one option inside another only the longer."""
    plain = _plain(said)
    scored = []
    for option in options:
        words = _plain(option.text)
        if not words:
            continue
        within = re.search(rf"(?<!\w){re.escape(words)}(?!\w)", plain) is not None
        alike = fuzz.ratio(plain, words) if len(words) > 3 else (100.0 if plain == words else 0.0)
        if within or alike >= _SAME_TEXT:
            scored.append((alike, len(words), words, normal_label(option.label)))
    exact = [item for item in scored if item[2] == plain]
    kept = exact or [
        item for item in scored if not any(item[2] != other[2] and item[2] in other[2] for other in scored)
    ]
    if len(kept) > 1 and not any(re.search(rf"(?<!\w){re.escape(item[2])}(?!\w)", plain) for item in kept):
        kept = [max(kept)]
    return frozenset(item[3] for item in kept)


def _by_number(said: str, options: Sequence[Option]) -> frozenset[str]:
    """The one option with this number, whose unit the student has left out."""
    number = _NUMBER.fullmatch(said.strip(" ."))
    if number is None:
        return frozenset()
    hits = [option for option in options if _NUMBER.findall(option.text)[:2] == [number.group()]]
    return frozenset({normal_label(hits[0].label)}) if len(hits) == 1 else frozenset()


def _all_or_none(said: str, options: Sequence[Option]) -> frozenset[str]:
    """ "All of the above" for "All of these"."""
    meant = _ALL_OR_NONE.fullmatch(_plain(said))
    if meant is None:
        return frozenset()
    hits = [option for option in options if (own := _ALL_OR_NONE.fullmatch(_plain(option.text))) and own[1] == meant[1]]
    return frozenset({normal_label(hits[0].label)}) if len(hits) == 1 else frozenset()


def _rival(said: str, options: Sequence[Option], picked: frozenset[str]) -> str | None:
    """Another option that a misspelled answer is nearly as near to ("mittosis": mitosis, or meiosis)."""
    plain = _plain(said)
    if any(re.search(rf"(?<!\w){re.escape(_plain(option.text))}(?!\w)", plain) for option in options if option.text):
        return None
    others = [option.text for option in options if normal_label(option.label) not in picked]
    return next((text for text in others if fuzz.ratio(plain, _plain(text)) >= _RIVAL), None)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+|[-+]?\d+(?:[.,]\d+)?|[%°]", text.casefold()))


def _look_alike(said: str, labels: Sequence[str], options: Sequence[Option]) -> Picks:
    shown = [option for option in options if option.text and lookalikes.looks_like(_plain(said), _plain(option.text))]
    if len(shown) == 1:
        why = f"“{said.strip()}” looks like “{shown[0].text}”"
        return Picks(frozenset({normal_label(shown[0].label)}), ReviewReason.LOOK_ALIKE, why)
    for letter in lookalikes.letters_for(said):
        if letter.casefold() in labels:
            why = f"“{said.strip()}” may be a {letter}"
            return Picks(frozenset({letter.casefold()}), ReviewReason.LOOK_ALIKE, why)
    return Picks(frozenset(), ReviewReason.UNCLEAR_ANSWER, "no option is named")


def _spoken(labels: frozenset[str]) -> str:
    return ", ".join(sorted(label.upper() for label in labels))
