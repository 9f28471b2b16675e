"""Cells of a table that a spreadsheet opens: text that is no formula there (OWASP, CSV injection)."""

from typing import Any

# Taken for the beginning of a formula, in some languages in its full width too.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def is_formula(text: str) -> bool:
    """Whether some spreadsheet would work the text out instead of showing it, with or without its leading space."""
    return text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)


def safe_cell(value: Any) -> Any:
    """Text with an apostrophe before it where a spreadsheet would take it for a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value
