"""Parser of rosters as schools export them: CSV with a header line, parsed into labels, names and numbers."""

import csv
import io
import re

from core.models import errors
from core.models.roster import Roster, Student
from core.models.submission import parse_student

MAX_STUDENTS = 5000
# Column names for each field, compared without case, punctuation and spaces.
_HEADER_NAMES = {
    "label": {"student", "label"},
    "name": {"name", "fullname", "studentname", "sortablename"},
    "first": {"firstname", "givenname", "forename"},
    "last": {"lastname", "surname", "familyname"},
    "number": {
        "number", "no", "id", "studentid", "studentnumber", "roll", "rollno", "rollnumber", "candidatenumber",
        "candidateno", "sisuserid", "idnumber", "registrationnumber", "regno", "admissionno",
    },
}  # fmt: skip


def parse_roster(text: str) -> Roster:
    """Parse the students from CSV (comma, semicolon or tab). A column for the name or the number is enough.

    Raises
    ------
    InvalidRoster
        The message names the line where there is one.
    """
    lines = text.removeprefix("\ufeff")
    head = lines.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    rows = csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter)
    try:
        columns = _find_columns(next(rows, []))
        students = [_parse_student(row, columns, rows.line_num) for row in rows if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise errors.InvalidRoster(f"Line {rows.line_num}: this is not CSV ({error}).") from None
    if len(students) > MAX_STUDENTS:
        raise errors.InvalidRoster(f"The roster has {len(students)} students; at most {MAX_STUDENTS} are allowed.")
    labels = [one.label for one in students]
    duplicate_label = next((label for label in labels if labels.count(label) > 1), None)
    if duplicate_label is not None:
        raise errors.InvalidRoster("Two students have the same label; add a column with their numbers.")
    return Roster(tuple(students))


def _find_columns(header: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for index, cell in enumerate(header):
        word = re.sub(r"[\W_]", "", cell).casefold()
        field = next((name for name, words in _HEADER_NAMES.items() if word in words), None)
        if field is not None:
            columns.setdefault(field, index)
    if not columns:
        raise errors.InvalidRoster("Line 1: no column is called student, name or number.")
    return columns


def _parse_student(row: list[str], columns: dict[str, int], line: int) -> Student:
    raw = {name: row[index].strip() if index < len(row) else "" for name, index in columns.items()}
    name = raw.get("name") or f"{raw.get('first', '')} {raw.get('last', '')}".strip()
    number = raw.get("number", "")
    try:
        label = parse_student(raw.get("label") or name or number)
    except errors.InvalidStudent as error:
        raise errors.InvalidRoster(f"Line {line}: {error.message}") from None
    if label is None:
        raise errors.InvalidRoster(f"Line {line}: neither a name nor a number.")
    return Student(label, name or label, number)
