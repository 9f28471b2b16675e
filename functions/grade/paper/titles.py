"""What a paper calls itself: the tallest line above its first question that tells what the paper is."""

import re
from collections.abc import Sequence

from grade.paper.numbering import read_label
from grade.paper.rows import Row
from grade.words.plain import BLANK

_MOST_ROWS = 12
_NO_TITLE = re.compile(
    r"\W*(?:(?:(?:candidate|student|pupil|sur|other|family|first|your|full)['’]?s?\s*)?names?\b"
    r"|roll"
    r"|hall ticket|reg(?:n|d)?\b|index|cent(?:re|er) n|candidate"
    r"|class\s*[:._]|date\b|time\b|duration|reading time|writing time"
    r"|max|total|marks|full marks|points\b|score\b|q\.?\s?p?\.?\s?(?:no|code|\d)|question|\d|series|set\b|code\b"
    r"|(?:paper|subject|course|exam) (?:code|no)|section|instruction|general instruction|answer|attempt|note\b"
    r"|n\.?b\.?\W|do not|read |you |write |use |all questions|calculator|this (?:paper|exam|test))",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"(?:\b(?:time|duration)\b\s*(?:allowed)?\s*[:–-]|\b\d[\d½ .:]{0,12}\s?(?:hours?|hrs?|minutes?|mins?)\b"
    r"|\b(?:one|two|three) (?:and a half )?hours?\b"
    r"|\b(?:max(?:imum)?|full|total)\.?\s*(?:marks?|points?)\b)",
    re.IGNORECASE,
)


_CODE = re.compile(r"^\d{2,}[A-Z]?(?:[/-]\d+)*\s+(?=[A-Z])")


def title_of(rows: Sequence[Row], opening: Row | None) -> str:
    """The title, "" where there is none. `opening`: the row of the first question, below which no title stands."""
    named: list[tuple[float, str]] = []
    for row in rows[:_MOST_ROWS]:
        if row is opening or row.page != rows[0].page:
            break
        if opening is not None and row.page == opening.page and row.top >= opening.top:
            break
        text = _CODE.sub("", " ".join(cell.text for cell in row.cells if not _WHEN.search(cell.text)))
        if _names(text):
            named.append((row.bottom - row.top, text))
    if not named:
        return ""
    tallest = max(height for height, _ in named)
    return next(text for height, text in named if height >= 0.9 * tallest)


def _names(text: str) -> bool:
    return (
        len(re.sub(r"[\W\d_]", "", text)) >= 4
        and len(text) < 120
        and BLANK not in text
        and not _NO_TITLE.match(text)
        and read_label(text, bare=False) is None
    )
