"""Text that every store and every service takes."""

from typing import Any


def sanitize_text(text: str) -> str:
    """The text with each half of a surrogate pair that stands alone replaced by U+FFFD, and without NUL.

    JSON may hold half a character (`"\\ud83d"`); Python reads it, but cannot write it as UTF-8.
    """
    return text.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


# Taken for the beginning of a formula, in some languages in its full width too.
_FORMULA_PREFIXES = tuple("=+-@\t\r\n＝＋－＠")


def is_formula(text: str) -> bool:
    """Whether some spreadsheet would work the text out instead of showing it, with or without its leading space."""
    return text.startswith(_FORMULA_PREFIXES) or text.lstrip().startswith(_FORMULA_PREFIXES)


def escape_formula(value: Any) -> Any:
    """Text with an apostrophe before it where a spreadsheet would take it for a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value
