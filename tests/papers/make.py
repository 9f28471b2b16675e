"""Makes the papers of `pdf/`: `python -m tests.papers.make`. Their truth was written by hand, in `truth/`."""

from collections.abc import Callable
from pathlib import Path

from tests.papers import boards, school, university
from tests.papers.canvas import Sheet

HERE = Path(__file__).parent
Setting = Callable[[Sheet], None]

PAPERS: dict[str, tuple[Setting, dict[str, str]]] = {
    "sections_with_options": (school.sections_with_options, {"foot": "Page {page}"}),
    "restarting_numbers": (school.restarting_numbers, {"foot": "- {page} -"}),
    "boxes_to_tick": (school.boxes_to_tick, {}),
    "roman_groups": (school.roman_groups, {"foot": "{page}"}),
    "columns_of_questions": (school.columns_of_questions, {}),
    "table_of_questions": (school.table_of_questions, {}),
    "numbers_without_dots": (boards.numbers_without_dots, {"foot": "{page}", "head": "Do not write in this area"}),
    "spaced_digits": (boards.spaced_digits, {"foot": "*{page}{page}*   Turn over"}),
    "totals_in_brackets": (boards.totals_in_brackets, {"foot": "0625/31/S/{page}   [Turn over", "head": "{page}"}),
    "margin_numbers": (boards.margin_numbers, {"foot": "31/1/{page}      P.T.O."}),
    "dotted_numbers": (boards.dotted_numbers, {"head": "Life Sciences/P1      {page}      November"}),
    "numbered_options": (boards.numbered_options, {"foot": "{page}"}),
    "parts_with_or": (university.parts_with_or, {"foot": "{page}      20341"}),
    "points_in_front": (university.points_in_front, {"foot": "Page {page} of 3", "head": "CS 210, Midterm"}),
    "compulsory_and_any_three": (university.compulsory_and_any_three, {"foot": "Page {page} of 1"}),
    "marks_in_words": (university.marks_in_words, {}),
    "numbers_that_are_not_labels": (university.numbers_that_are_not_labels, {"foot": "{page}"}),
    "problems": (university.problems, {}),
}


def main() -> None:
    (HERE / "pdf").mkdir(exist_ok=True)
    for name, (setting, furniture) in PAPERS.items():
        sheet = Sheet(HERE / "pdf" / f"{name}.pdf", **furniture)  # type: ignore[arg-type]
        setting(sheet)
        sheet.save()


if __name__ == "__main__":
    main()
