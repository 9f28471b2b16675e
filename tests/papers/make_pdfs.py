"""Generates the papers in `pdf/`: `python -m tests.papers.make_pdfs`.

Their truth is written by hand, in `truth/`.
"""

from collections.abc import Callable
from pathlib import Path

from tests.papers import boards, certificates, international, school, skill_tests, subjects, university
from tests.papers.canvas import PaperCanvas

HERE = Path(__file__).parent
DrawPaper = Callable[[PaperCanvas], None]

PAPERS: dict[str, tuple[DrawPaper, dict[str, str]]] = {
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
    "case_study": (international.case_study, {"foot": "31/2/1      Page {page} of 2      P.T.O."}),
    "continued_pages": (international.continued_pages, {"head": "– {page} –      N23/5/MATHX/SP2/ENG/TZ0/XX"}),
    "attempt_ranges": (international.attempt_ranges, {"foot": "– {page} –"}),
    "exercises_and_points": (international.exercises_and_points, {"foot": "24-MATJ1  Page {page}/2"}),
    "tasks_with_slashes": (international.tasks_with_slashes, {}),
    "worksheet": (skill_tests.worksheet, {}),
    "listening": (skill_tests.listening, {"foot": "{page}"}),
    "numbered_lines": (skill_tests.numbered_lines, {"foot": "*P6881{page}A0{page}20*      Turn over"}),
    "passage_and_choices": (
        skill_tests.passage_and_choices,
        {"foot": "Unauthorized copying of any part of this page is illegal.      {page}      CONTINUE"},
    ),
    "formulae": (subjects.formulae, {"foot": "© Board 2023      9701/22/M/J/23      [Turn over", "head": "{page}"}),
    "fractions": (subjects.fractions, {"foot": "Page {page}"}),
    "listings": (subjects.listings, {"foot": "Page {page}", "head": "Login: ______________"}),
    "units_with_or": (certificates.units_with_or, {}),
    "sections_b1": (certificates.sections_b1, {"foot": "{page}"}),
    "attempt_four": (certificates.attempt_four, {"foot": "T23 502      {page} of 2"}),
    "examiners_table": (certificates.examiners_table, {"foot": "231/1      {page}"}),
}


def main() -> None:
    (HERE / "pdf").mkdir(exist_ok=True)
    for name, (draw_paper, header_and_footer) in PAPERS.items():
        sheet = PaperCanvas(HERE / "pdf" / f"{name}.pdf", **header_and_footer)  # type: ignore[arg-type]
        draw_paper(sheet)
        sheet.save()


if __name__ == "__main__":
    main()
