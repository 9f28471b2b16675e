"""Tokenizes and stems English as students write it, with negation. The key-point marker has no other grammar."""

import re
from functools import lru_cache
from pathlib import Path

import Stemmer

_TOKEN = re.compile(r"[a-z]+(?:['’](?:t|s|re|ve|ll|d|m))?|\d+(?:[.,]\d+)*|[+\-*/=<>&%°]")
_STEMMER = Stemmer.Stemmer("english", 0)  # without a cache of its own, because stem() has one


def word_set(text: str) -> frozenset[str]:
    """The words of a text separated by white space, for word lists in the code."""
    return frozenset(text.split())


STOP_WORDS = word_set(
    """a an the this that these those it its it's they them their there he she his her him we us our you your i me my
    is are was were be been being am do does did done doing have has had having will would shall should can could may
    might must of in on at to from by with for about into onto as than then so because since if when while where which
    who whom whose what why how and or but also too very just only such some any each every both all more most much
    many other another same own again once up down out off over under after before between through during it'll that's
    there's etc ie eg e g s t get gets got make makes made go goes going use uses used using let lets like well way
    thing things example called known said say says means mean meaning basically simply actually really one's
    respectively thus hence therefore however order able become becomes"""
)
NEGATIONS = word_set("not no never none nothing neither nor cannot without nobody nowhere hardly lack lacks non")
NUMBER_WORDS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "first": "1st", "second": "2nd", "third": "3rd",
}  # fmt: skip
_NEGATIVE_CONTRACTIONS = word_set(
    "cannot cant dont doesnt isnt arent wont didnt wasnt werent couldnt shouldnt wouldnt hasnt havent"
)
_SPELLINGS = (
    (re.compile(r"isation(s?)$"), r"ization\1"),
    (re.compile(r"is(e[sd]?|ing)$"), r"iz\1"),
    (re.compile(r"our(s?|ed|ing|al)$"), r"or\1"),
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[。।؟۔])\s*|\n\s*\n|\n(?=\s*(?:[-•*▪–]|\(?[0-9a-z]{1,2}[.)]\s))")
_NON_ANSWER = re.compile(
    r"\W*(?:(?:i|we)\s+)?(?:really\s+)?(?:do\s?n['o]?t|do not|dont|cannot|can'?t|did\s?n'?t)\s+"
    r"(?:really\s+)?(?:know|understand|remember|recall|get it)"
    r"(?:\s+(?:it|this|the answer|how|why|anything|at all|sorry))*\W*"
    r"|\W*(?:no|not|none|not answered|no answer|n/?a|idk|nothing|unsure|not sure|no idea|no clue|blank|skip(?:ped)?)\W*"
    r"|\W*",
    re.IGNORECASE,
)


@lru_cache(maxsize=1)
def load_irregular_forms() -> dict[str, str]:
    """The base form of every irregular form in `irregular.txt`."""
    text = Path(__file__).with_name("irregular.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {form: base for base, *forms in lines for form in forms}


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The word's stem, the same for British and American spellings and for irregular forms ("drew", "draw")."""
    word = load_irregular_forms().get(word, word)
    if len(word) > 5:
        for written, american in _SPELLINGS:
            word = written.sub(american, word)
    return str(_STEMMER.stemWord(word))


def tokenize(text: str) -> list[str]:
    """The words in lower case, with "n't" as "not", number words as digits, and without operators."""
    found: list[str] = []
    for token in _TOKEN.findall(text.casefold().replace("’", "'")):
        if token in _NEGATIVE_CONTRACTIONS or token.endswith("n't"):
            found.append("not")
        elif token[0].isalnum():
            word = token.split("'")[0]
            found.append(NUMBER_WORDS.get(word, word))
    return found


def split_sentences(text: str) -> list[str]:
    """The sentences and list items of a text. A line break alone ends no sentence, because handwritten lines wrap."""
    return [" ".join(part.split()) for part in _SENTENCE.split(text) if part.strip(" .;!?\n")]


def is_non_answer(text: str) -> bool:
    """Whether the answer says only that there is none ("I don't know", "no idea", "?")."""
    return _NON_ANSWER.fullmatch(" ".join(text.replace("’", "'").split())) is not None


def is_content_word(word: str) -> bool:
    return word not in STOP_WORDS and word not in NEGATIONS and (len(word) > 1 or word.isdigit())


def stem_content_words(text: str) -> list[str]:
    return [stem(word) for word in tokenize(text) if is_content_word(word)]
