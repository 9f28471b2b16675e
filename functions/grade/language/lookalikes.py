"""Characters that readers of handwriting confuse. They are offered to a person, never silently swapped."""

import re
from collections.abc import Iterator

_AS_DIGIT = str.maketrans(
    {
        "O": "0", "o": "0", "D": "0", "Q": "0",
        "l": "1", "I": "1", "|": "1", "i": "1", "!": "1",
        "Z": "2", "z": "2",
        "S": "5", "s": "5",
        "G": "6", "b": "6",
        "T": "7",
        "B": "8",
        "g": "9", "q": "9",
    }
)  # fmt: skip
_LOOKALIKE_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"))
_FOLDED = str.maketrans("o|!ilzsb", "01111258")
_LETTERS_FOR = {
    "8": "B", "13": "B", "3": "B", "6": "GB", "0": "DO", "(": "C", "<": "C", "4": "A", "1": "I", "l": "I", "|": "I",
    "5": "S", "2": "Z", "9": "G", "O": "D", "o": "D", "€": "E", "£": "E", "ß": "B", "Ɛ": "E", "σ": "D",
}  # fmt: skip
_AS_LETTER = str.maketrans("01258", "OlZSB")
_FLATTENED_POWER = re.compile(r"([x×·*]\s?10)(\s?[-−–]\d{1,2}|\d{1,2})(?![\d.,])")
_DIGIT_IN_UNIT = re.compile(r"(?<=[A-Za-z]/)5(?!\d)")
_DIGITS_AND_LOOKALIKES = re.compile(
    r"(?<![A-Za-z])[0-9OoDQlI|!iZzSsGbTBgq]+(?:[.,][0-9OoDQlI|!iZzSsGbTBgq]+)?(?![A-Za-z])"
)


def replace_lookalike_digits(text: str) -> str | None:
    """The text with look-alike letters read as digits in every token that also holds a digit, or stands for
    a whole number by itself; None where nothing changes."""

    def read(match: re.Match[str]) -> str:
        token = match.group()
        alone = len(token) <= 4 and token == text.strip()
        return token.translate(_AS_DIGIT) if alone or any(char.isdigit() for char in token) else token

    changed = _DIGITS_AND_LOOKALIKES.sub(read, text)
    return changed if changed != text else None


def possible_letters(text: str) -> tuple[str, ...]:
    """The option letters that a lone character may have been ("8" may be a B), likeliest first."""
    bare = text.strip().strip("().[]:")
    return tuple(_LETTERS_FOR.get(bare) or _LETTERS_FOR.get(text.strip()) or "")


def fold_lookalikes(text: str) -> str:
    """The text with every character that is easily confused in one form of its kind, for comparing alone."""
    return text.casefold().translate(_FOLDED)


def looks_like(text: str, other: str) -> bool:
    """Whether two texts differ only in what readers of handwriting confuse ("S0IL", "soil"; "rnodern", "modern")."""
    one, two = text.casefold(), other.casefold()
    return fold_lookalikes(one) == fold_lookalikes(two) or _fold_pairs(one) == _fold_pairs(two)


def _fold_pairs(text: str) -> str:
    for written, read in _LOOKALIKE_PAIRS:
        text = text.replace(written, read)
    return text.translate(_FOLDED)


def swap_lookalikes(text: str) -> Iterator[str]:
    """The text with one character that looks like another read as that one, each in turn, then with all of
    its digits as letters, or letters as digits."""
    for index, char in enumerate(text[:40]):
        for read in {char.translate(_AS_DIGIT), char.translate(_AS_LETTER)} - {char}:
            yield text[:index] + read + text[index + 1 :]
    yield text.translate(_AS_DIGIT)
    yield text.translate(_AS_LETTER)


def possible_quantity_texts(text: str) -> Iterator[str]:
    """Texts of a quantity that `text` may have been: letters for digits ("1O"), a power that lost its height
    ("3 x 108"), a unit with a digit in it ("m/5")."""
    digits = replace_lookalike_digits(text)
    if digits is not None:
        yield digits
    raised = _FLATTENED_POWER.sub(lambda match: f"{match[1]}^{match[2].strip()}", text)
    if raised != text:
        yield raised
    unit = _DIGIT_IN_UNIT.sub("s", text)
    if unit != text:
        yield unit
