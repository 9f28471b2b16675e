"""Text sanitizing: text that every store accepts, and cells that no spreadsheet evaluates."""

import re
from typing import Any

# Prefixes that spreadsheets evaluate as a formula; in some languages also in full-width characters.
_FORMULA_PREFIXES = tuple("=+-@\t\r\n＝＋－＠")
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def sanitize_text(text: str) -> str:
    """Return the text with unpaired surrogates replaced by U+FFFD and without NUL.

    JSON may contain an unpaired surrogate (`"\\ud83d"`); Python reads it, but cannot encode it as UTF-8.
    """
    return text.replace("\0", "").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def has_control_characters(text: str) -> bool:
    """Whether the text has unpaired surrogates, or control characters other than tabs and line feeds."""
    return _CONTROL_CHARACTERS.search(text) is not None


def is_formula(text: str) -> bool:
    """Whether some spreadsheet would evaluate the text instead of showing it, with or without its leading space."""
    return text.startswith(_FORMULA_PREFIXES) or text.lstrip().startswith(_FORMULA_PREFIXES)


def escape_formula(value: Any) -> Any:
    """Return text that a spreadsheet would evaluate with an apostrophe before it; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value
