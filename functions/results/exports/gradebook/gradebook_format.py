"""The interface of gradebook formats: a format writes the lines of a file that a learning platform imports.

To add a format, add a module like `canvas.py` and name it in `FORMATS` of `export.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.models.roster import Student

Cell = str | float


@dataclass(frozen=True, slots=True)
class GradebookRow:
    """A student's sheet in a gradebook.

    `marks` and `max_marks` are None if the sheet was not marked. `unmarked` are the ids of the questions that count and
    have no mark yet; `question_marks` are the marks by question, None for one without a mark.
    """

    student: Student
    marks: float | None
    max_marks: float | None
    unmarked: Sequence[str]
    question_marks: Mapping[str, float | None]

    @property
    def total_cell(self) -> Cell:
        """The total, or an empty cell, which changes nothing on any platform, while a question that counts has no mark:
        the total would count it as 0."""
        return "" if self.marks is None or self.unmarked else self.marks


# The lines of the file, the header first, from the assessment's name, the rows, and the assessment's maximum (None: not
# known).
WriteRows = Callable[[str, Sequence[GradebookRow], float | None], Iterable[Sequence[Cell]]]


@dataclass(frozen=True, slots=True)
class GradebookFormat:
    """A file that a learning platform imports. `name` is the value of `for` in the request."""

    name: str
    title: str
    rows: WriteRows
