"""Normalises the characters of an answer: removes invisible ones, replaces look-alikes of other alphabets."""

import re
import unicodedata

from grade.language.english_detection import is_in_other_script

INVISIBLE_CHARACTERS = "invisible characters"
LOOK_ALIKES = "look-alike characters of another alphabet"

_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\U000e0000-\U000e01ef]")
# Joiners and direction marks: Persian, Hebrew, Hindi and Khmer are written with them, so they are not suspicious in a
# text in another alphabet, nor next to a letter of one.
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


def normalize_characters(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without invisible characters and with Latin letters for look-alikes within Latin words, and what was
    found (INVISIBLE_CHARACTERS, LOOK_ALIKES).

    In an answer that is itself written in another alphabet, words of that alphabet are not a disguise (СО2 is a
    formula).
    """
    findings: list[str] = []
    in_other_script = is_in_other_script(text)
    if _INVISIBLE.search((_ANY_FORMAT_CHARACTER if in_other_script else _FORMAT_CHARACTER_AT_LETTER).sub("", text)):
        findings.append(INVISIBLE_CHARACTERS)
    text = _CONTROL_CHARACTERS.sub("", _INVISIBLE.sub("", text))
    text = "".join(unicodedata.normalize("NFKC", char) if _is_compatibility_letter(char) else char for char in text)

    def fold(match: re.Match[str]) -> str:
        word = match.group()
        if not _GREEK_OR_CYRILLIC.search(word) or (in_other_script and not _LATIN_OR_DIGIT.search(word)):
            return word
        folded = "".join(_LATIN_LOOK_ALIKES.get(char, char) for char in word)
        if len(word) > 2 and re.fullmatch(r"[A-Za-z0-9_]+", folded):
            findings.append(LOOK_ALIKES)
            return folded
        return word

    return _WORD.sub(fold, text), tuple(findings)


def _is_compatibility_letter(char: str) -> bool:
    """Full-width, mathematical, enclosed and ligature letters. Superscripts are not changed: 10⁸ is not 108."""
    code = ord(char)
    return (
        0xFF01 <= code <= 0xFF5E or 0x1D400 <= code <= 0x1D7FF or 0xFB00 <= code <= 0xFB06 or 0x24B6 <= code <= 0x24E9
    )
