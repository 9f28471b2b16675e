"""Lines are put into the order in which a person reads them."""

import random

import pytest

from extract.layout.reading_order import LineBox, find_reading_order

PlacedText = tuple[str, float, float, float]


def read_in_order(lines: list[PlacedText], *, height: float = 10) -> list[str]:
    """The texts of the lines (text, left, right, top) in reading order; the lines are shuffled first."""
    shuffled = random.Random(7).sample(lines, len(lines))  # noqa: S311
    line_boxes = [
        LineBox(at, left, top, right, top + height, text) for at, (text, left, right, top) in enumerate(shuffled)
    ]
    return [shuffled[at][0] for at in find_reading_order(line_boxes)]


def prose_lines(name: str, left: float, right: float, top: float, count: int) -> list[PlacedText]:
    return [(f"{name} line {n} of some running text", left, right, top + n * 13) for n in range(count)]


def get_texts(lines: list[PlacedText]) -> list[str]:
    return [line[0] for line in lines]


def test_one_column_is_read_from_top_to_bottom() -> None:
    lines = prose_lines("only", 0, 400, 0, 30)
    assert read_in_order(lines) == get_texts(lines)


@pytest.mark.parametrize("offset", [0, 4, 6.5])
def test_two_columns_are_read_one_after_the_other(offset: float) -> None:
    lines = [*prose_lines("left", 0, 190, 0, 20), *prose_lines("right", 210, 400, offset, 20)]
    assert read_in_order(lines) == get_texts(lines)


def test_three_columns_are_read_one_after_the_other() -> None:
    lines = [*prose_lines("a", 0, 120, 0, 15), *prose_lines("b", 140, 260, 3, 15), *prose_lines("c", 280, 400, 7, 12)]
    assert read_in_order(lines) == get_texts(lines)


def test_a_title_comes_before_and_the_page_number_after_both_columns() -> None:
    title = ("A title that runs over the width of both columns", 40, 360, 0)
    footer = ("12", 196, 204, 330)
    lines = [title, *prose_lines("left", 0, 190, 30, 20), *prose_lines("right", 210, 400, 30, 20), footer]
    assert read_in_order(lines) == get_texts(lines)


def test_a_full_width_paragraph_splits_the_columns() -> None:
    lines = [
        *prose_lines("upper left", 0, 190, 0, 5),
        *prose_lines("upper right", 210, 400, 0, 5),
        ("A sentence that runs over the width of both columns", 0, 400, 80),
        *prose_lines("lower left", 0, 190, 110, 5),
        *prose_lines("lower right", 210, 400, 110, 5),
    ]
    assert read_in_order(lines) == get_texts(lines)


def test_marks_in_the_margin_follow_their_lines() -> None:
    lines: list[PlacedText] = []
    for number in range(8):
        lines += [
            (f"{number + 1}. Explain this in your own words", 0, 300, number * 30),
            (f"[{number}]", 380, 400, number * 30 + 1),
        ]
    assert read_in_order(lines) == get_texts(lines)


def test_question_numbers_in_the_left_margin_come_before_their_lines() -> None:
    lines: list[PlacedText] = []
    for number in range(6):
        top = number * 50
        lines += [(str(number + 1), 0, 8, top), *prose_lines(f"q{number}", 30, 400, top, 3)]
    assert read_in_order(lines) == get_texts(lines)


def test_options_that_count_across_are_read_row_by_row() -> None:
    options = [
        ("(a) oxygen", 20, 90, 15),
        ("(b) nitrogen", 200, 290, 15),
        ("(c) argon", 20, 80, 30),
        ("(d) helium", 200, 280, 30),
    ]
    lines = [
        ("1. Which gas do plants give off in sunlight?", 0, 300, 0),
        *options,
        ("2. Name another of them.", 0, 200, 55),
    ]
    assert read_in_order(lines) == get_texts(lines)


def test_options_that_count_down_are_read_column_by_column() -> None:
    options = [
        ("A ice melting", 20, 100, 15),
        ("B sugar dissolving", 20, 130, 30),
        ("C a nail rusting", 200, 290, 15),
        ("D water boiling", 200, 290, 30),
    ]
    lines = [
        ("2 Which of these is a chemical change at all?", 0, 300, 0),
        *options,
        ("3 Say why this is so in one sentence.", 0, 250, 55),
    ]
    assert read_in_order(lines) == get_texts(lines)


def test_options_near_margin_marks_stay_with_their_question() -> None:
    lines: list[PlacedText] = []
    for number in range(4):
        top = number * 90
        lines += [
            (f"{number + 1}", 0, 8, top),
            ("Which unit is this?", 25, 150, top),
            ("[1]", 385, 400, top),
            ("A joule", 40, 90, top + 20),
            ("B watt", 40, 85, top + 34),
            ("C pascal", 220, 270, top + 20),
            ("D newton", 220, 275, top + 34),
        ]
    assert read_in_order(lines) == get_texts(lines)


def test_two_columns_of_questions_with_short_options_are_read_as_columns() -> None:
    lines = [("Answer all of these questions in the time that is given", 20, 380, 0)]
    for side, left in enumerate((0, 210)):
        for number in range(3):
            top = 30 + number * 70
            lines.append((f"{side * 3 + number + 1}. Pick one", left, left + 80, top))
            lines += [(f"({letter}) word", left + 12, left + 60, top + 13 * n + 13) for n, letter in enumerate("abcd")]
    assert read_in_order(lines) == get_texts(lines)


def test_table_is_read_row_by_row() -> None:
    lines = [(f"r{row}c{column}", column * 100, column * 100 + 40, row * 16) for row in range(6) for column in range(4)]
    assert read_in_order(lines) == get_texts(lines)


def test_table_of_words_and_numbers_is_read_row_by_row() -> None:
    lines: list[PlacedText] = []
    for row, metal in enumerate(["copper", "iron", "zinc", "lead", "tin"]):
        lines += [
            (metal, 0, 50, row * 18),
            (f"{row}.5 g/cm³", 150, 210, row * 18 + 1),
            (f"{row * 7}", 300, 320, row * 18),
        ]
    assert read_in_order(lines) == get_texts(lines)


def test_header_with_time_and_marks_stays_above_two_columns() -> None:
    lines = [
        ("Time: 3 hours", 0, 90, 0),
        ("Maximum marks: 80", 300, 400, 0),
        ("Answer all the questions in the booklet that is given to you", 0, 400, 20),
        *prose_lines("left", 0, 190, 45, 12),
        *prose_lines("right", 210, 400, 45, 12),
    ]
    assert read_in_order(lines) == get_texts(lines)


@pytest.mark.parametrize("gap", [3, 18])
def test_header_and_footer_rows_that_span_the_page_are_read_as_rows(gap: float) -> None:
    """Time and marks directly above two columns, the page number directly below them."""
    columns = [*prose_lines("left", 0, 190, 10 + gap, 12), *prose_lines("right", 210, 400, 10 + gap, 12)]
    lines = [
        ("Time: 2 hours", 0, 60, 0),
        ("Maximum marks: 40", 320, 400, 0),
        *columns,
        ("physics-2.pdf", 0, 60, 10 + gap + 12 * 13 + gap),
        ("1 / 4", 380, 400, 10 + gap + 12 * 13 + gap),
    ]
    assert read_in_order(lines) == get_texts(lines)


def test_headings_of_two_columns_stay_with_their_columns() -> None:
    left = [("Section A", 0, 60, 0), *prose_lines("left", 0, 190, 20, 12)]
    right = [("Section B", 210, 270, 0), *prose_lines("right", 210, 400, 20, 12)]
    assert read_in_order([*left, *right]) == get_texts([*left, *right])


def test_no_line_is_lost_or_duplicated_in_any_layout() -> None:
    for seed in range(60):
        rng = random.Random(seed)  # noqa: S311
        line_boxes = []
        for at in range(rng.randint(1, 80)):
            left, top = rng.uniform(0, 380), rng.uniform(0, 500)
            label = rng.choice(["", "1. ", "(a) ", "[2]", "B "])
            line_boxes.append(
                LineBox(
                    at,
                    left,
                    top,
                    left + rng.uniform(1, 300),
                    top + rng.uniform(1, 20),
                    label + "word " * (at % 6),
                )
            )
        assert sorted(find_reading_order(line_boxes)) == list(range(len(line_boxes)))


@pytest.mark.parametrize("labels", [("1.", "2.", "3.", "4. a)", "b)"), ("Q1)", "Q2)", "Q3)", "Q4) (a)", "(b)")])
def test_labels_in_the_margin_are_read_with_their_answers(labels: tuple[str, ...]) -> None:
    answers = ("B", "true", "12.5 m/s", "Because metal conducts heat better than wood does.", "Oxygen from the leaves")
    lines: list[PlacedText] = []
    for number, (label, answer) in enumerate(zip(labels, answers, strict=True)):
        top = 40.0 * number
        lines += [(label, 0, 25, top), (answer, 40, 40 + 7 * len(answer), top)]
    lines.insert(8, ("and so the hand gets cold more quickly than it does.", 40, 390, 133.0))
    assert read_in_order(lines) == get_texts(lines)
