"""Pages that ask nothing: formulae, constants, a periodic table. Their numbers are no labels."""

import re
from itertools import groupby

from grade.paper.marks_printed import find_marks
from grade.paper.rows import Row

_NAMED = re.compile(
    r"\W*(?:(?:the |some )?(?:important|useful|physical|fundamental|standard|list of|table of)\s+(?:physical\s+)?"
    r"(?:values|constants|formula[es]*|data|information|equations|relationships|integrals)"
    r"|(?:mathematic(?:s|al) |physics |chemistry )?formula(?:e|s)?(?: and (?:data|tables|constants))?"
    r"(?: (?:sheet|list|booklet|page))?|(?:data|reference|formula) (?:sheet|booklet|page|tables?|information)"
    r"|(?:the )?periodic table|(?:physical )?constants(?: and)?|relationships sheet)\b[^?]{0,50}",
    re.IGNORECASE,
)
_MOST_HEADS = 2


def without_data_pages(rows: list[Row]) -> list[Row]:
    """The rows without the pages whose heading says that they hold data, where no marks are printed on them."""
    kept: list[Row] = []
    for _, page in groupby(rows, key=lambda row: row.page):
        stood = list(page)
        named = any(len(row.text) < 80 and _NAMED.fullmatch(row.text) for row in stood[:_MOST_HEADS])
        if not named or any(not marks.total for row in stood for marks in find_marks(row.text)):
            kept += stood
    return kept or rows
