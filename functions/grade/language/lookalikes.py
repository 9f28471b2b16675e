"""Characters that OCR of handwriting confuses. A reading with exchanged characters always goes to a person."""

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
    """The text with look-alike letters as digits; None where nothing changes.

    Only tokens are changed that also hold a digit, or that are the whole text (up to four characters).
    """

    def read(match: re.Match[str]) -> str:
        token = match.group()
        is_whole_text = len(token) <= 4 and token == text.strip()
        return token.translate(_AS_DIGIT) if is_whole_text or any(char.isdigit() for char in token) else token

    changed = _DIGITS_AND_LOOKALIKES.sub(read, text)
    return changed if changed != text else None


def possible_letters(text: str) -> tuple[str, ...]:
    """The option letters that a single character may stand for ("8" may be a B), likeliest first."""
    bare = text.strip().strip("().[]:")
    return tuple(_LETTERS_FOR.get(bare) or _LETTERS_FOR.get(text.strip()) or "")


def fold_lookalikes(text: str) -> str:
    """The text with each group of look-alike characters reduced to one of them; for comparisons only."""
    return text.casefold().translate(_FOLDED)


def looks_like(text: str, other: str) -> bool:
    """Whether two texts differ only in look-alike characters ("S0IL", "soil"; "rnodern", "modern")."""
    folded, other_folded = text.casefold(), other.casefold()
    return fold_lookalikes(folded) == fold_lookalikes(other_folded) or _fold_pairs(folded) == _fold_pairs(other_folded)


def _fold_pairs(text: str) -> str:
    for written, read in _LOOKALIKE_PAIRS:
        text = text.replace(written, read)
    return text.translate(_FOLDED)


def swap_lookalikes(text: str) -> Iterator[str]:
    """The text with one look-alike character exchanged, each in turn; then with all letters or all digits exchanged.

    Only the first 40 characters are exchanged one by one.
    """
    for index, char in enumerate(text[:40]):
        for read in {char.translate(_AS_DIGIT), char.translate(_AS_LETTER)} - {char}:
            yield text[:index] + read + text[index + 1 :]
    yield text.translate(_AS_DIGIT)
    yield text.translate(_AS_LETTER)


def possible_quantity_texts(text: str) -> Iterator[str]:
    """Corrected readings of a quantity: letters for digits ("1O"), a flattened power ("3 x 108"), a unit ("m/5")."""
    digits = replace_lookalike_digits(text)
    if digits is not None:
        yield digits
    raised = _FLATTENED_POWER.sub(lambda match: f"{match[1]}^{match[2].strip()}", text)
    if raised != text:
        yield raised
    unit = _DIGIT_IN_UNIT.sub("s", text)
    if unit != text:
        yield unit
