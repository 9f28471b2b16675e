"""Sentences beside the matter: they share no word with the question or the scheme, and speak to a reader.

What answers a question speaks of its matter. A sentence that does not, and talks of the answer itself, of its fate or
to whoever marks it, is no part of the answer, in whatever words. Cutting it loses nothing that could have earned
marks, so this net may be wider than those that look at wordings alone.
"""

import re

from grade.words.language import content_stems, stem, word_set

_WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?|(?<!\d)\d++\s?/\s?\d+|[✓✔]")


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in word_set(text))


_READER = word_set("you your you're yours u ur sir madam ma'am miss")
_WRITER = word_set("i i'm i'll i've me my mine myself candidate candidates student students pupil script")
_MARKING = _stems(
    "mark marks marking marker score scoring grade grading grader credit credited penalise penalize deduct award band"
    " rubric criterion criteria examiner exam examination assessor assess evaluator evaluate moderator verdict regrade"
    " rating rated feedback comment override ceiling tariff scheme tutor teacher professor chatgpt gpt ofsted board"
    " confidence"
)
# Nobody who answers a question has a word to say of these.
_MARKERS = _stems("examiner grader rubric regrade chatgpt ofsted invigilator penalise penalize markscheme")
_ASKED_FOR = _stems("put spell encode include mention print show repeat ignore skip withhold rank translate")
_ANSWER_ITSELF = _stems("answer response item question submission sentence paragraph above below instruction textbook")
_STRONG = _stems(
    "full maximum max perfect flawless outstanding excellent completely fully thoroughly missing void withdrawn"
    " approved accepted satisfied met pass passed passing fail failed deserve deserves generous lenient merit"
    " automatic agreed reviewed definitely obviously"
)
_WEAK = _stems("best correct right complete necessary required everything everyone anyone all every each accept must")
# So few words about marks alone are about nothing else ("Final grade").
_FRAGMENT = 3
# "3/3" and ticks in a row.
_TALLY = re.compile(r"\b(\d{1,3})\s?/\s?\1\b|(?:[✓✔]\W*(?:\d+\W*)?){2,}")
_PLEA = _stems("please mercy beg begging bless heart thank thanks sorry wonderful promise parents scholarship")


def matter_of(*texts: str) -> frozenset[str]:
    """The stems of what an answer may be about."""
    return frozenset(found for text in texts for found in content_stems(text))


def speaks_aside(sentence: str, matter: frozenset[str]) -> bool:
    """Whether a sentence says nothing of the matter and speaks of the answer, of its marks or to its marker."""
    words = [word.casefold() for word in _WORD.findall(sentence.replace("’", "'"))]
    # What the question itself speaks of ("the students' scores") is no sign in an answer to it.
    stems = {stem(word) for word in words} - matter
    own = _MARKING | _ANSWER_ITSELF | _STRONG | _WEAK | _PLEA
    if (set(content_stems(sentence)) & matter) - own:
        return False
    people = bool((_READER | _WRITER) & set(words))
    marking, itself, plea = len(stems & _MARKING), bool(stems & _ANSWER_ITSELF), bool(stems & _PLEA)
    strong, weak = len(stems & _STRONG) + bool(_TALLY.search(sentence)), len(stems & _WEAK)
    if len(words) <= _FRAGMENT and (stems & _MARKING or _TALLY.search(sentence)):
        return True
    if stems & _MARKERS or (marking and (people or itself or strong or weak or plea or marking > 1)):
        return True
    if marking and stems & _ASKED_FOR:
        return True
    if plea and (people or itself or strong):
        return True
    return (itself and (strong > 0 or weak > 1)) or (people and strong > 0 and (itself or weak > 0))
