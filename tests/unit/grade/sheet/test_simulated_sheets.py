"""Simulated sheets (`tests/papers/simulated_sheets.py`) compared with their truth.

Nearly every answer is found whole under its question, and nearly all others are marked for review.
"""

from collections import Counter
from pathlib import Path

import pytest

from grade.paper.paper_parser import parse_paper
from tests.papers.pdf_transcripts import read_pdf
from tests.papers.simulated_sheets import sheet_outcome

PAPERS = Path(__file__).parents[3] / "papers" / "pdf"
NAMES = ("margin_numbers", "dotted_numbers", "sections_b1", "roman_groups", "totals_in_brackets", "marks_in_words")


@pytest.mark.parametrize(("noise", "right", "wrong"), [(0.0, 0.95, 0.025), (0.15, 0.93, 0.03), (0.4, 0.89, 0.06)])
def test_nearly_all_answers_are_found_under_their_questions(noise: float, right: float, wrong: float) -> None:
    counts: Counter[str] = Counter()
    for name in NAMES:
        paper = parse_paper(read_pdf(PAPERS / f"{name}.pdf"))
        for number in range(8):
            counts += sheet_outcome(paper, f"{name} {number}", noise)
    answers = sum(counts.values())
    assert answers > 300
    assert counts["right"] >= right * answers
    assert counts["wrong"] <= wrong * answers
