"""Characters that readers of handwriting confuse. They are offered to a person, never silently swapped."""

import re

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
_SHAPES = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"))
_SHAPE_CLASS = str.maketrans("o|!ilzsb", "01111258")
_LETTERS_FOR = {
    "8": "B", "13": "B", "3": "B", "6": "GB", "0": "DO", "(": "C", "<": "C", "4": "A", "1": "I", "l": "I", "|": "I",
    "5": "S", "2": "Z", "9": "G", "O": "D", "o": "D", "€": "E", "£": "E", "ß": "B", "Ɛ": "E", "σ": "D",
}  # fmt: skip
_MIXED = re.compile(r"(?<![A-Za-z])[0-9OoDQlI|!iZzSsGbTBgq]+(?:[.,][0-9OoDQlI|!iZzSsGbTBgq]+)?(?![A-Za-z])")


def digits_for(text: str) -> str | None:
    """The text with look-alike letters read as digits in every token that also holds a digit, or stands for
    a whole number by itself; None where nothing changes."""

    def read(match: re.Match[str]) -> str:
        token = match.group()
        alone = len(token) <= 4 and token == text.strip()
        return token.translate(_AS_DIGIT) if alone or any(char.isdigit() for char in token) else token

    changed = _MIXED.sub(read, text)
    return changed if changed != text else None


def letters_for(text: str) -> tuple[str, ...]:
    """The option letters that a lone character may have been ("8" may be a B), likeliest first."""
    bare = text.strip().strip("().[]:")
    return tuple(_LETTERS_FOR.get(bare) or _LETTERS_FOR.get(text.strip()) or "")


def shape(text: str) -> str:
    """A key that is equal for texts whose characters look alike ("S0IL", "soil"; "rnodern", "modern")."""
    key = text.casefold()
    for written, read in _SHAPES:
        key = key.replace(written, read)
    return key.translate(_SHAPE_CLASS)
