"""Hypothesis strategies for arbitrary documents: anything that OCR may return, and texts close to real ones."""

from hypothesis import strategies as st

from core.models.transcript import Line, Page, Transcript

_FRAGMENTS = [
    "1.", "2.", "Q1", "Q2)", "Question 3", "(a)", "(b)", "b)", "(i)", "ii)", "A.", "B", "1.1", "1.1.1", "1(a)",
    "5 M", "[5]", "(2)", "[3 marks]", "(1 x 3 = 3 marks)", "Total for Question 1 is 5 marks", "Section A",
    "PART II", "OR", "Answer any two", "except Q7", "True", "False", "true / false", "____", ".....", "3/5",
    "-1", "✓", "Ans:", "= 12.5 m/s", "3 x 4 = 12", "Name: A B", "Roll No 7", "the", "force", "is", "Explain",
    "why", "?", ":", "½", "①", "（ａ）", "\u200b", "\t", "   ", "l", "O", "8",
]  # fmt: skip
_TEXT = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(_FRAGMENTS), max_size=10).map(" ".join),
    st.lists(st.sampled_from(_FRAGMENTS), max_size=6).map("".join),
)
_FRACTION = st.floats(min_value=-0.2, max_value=1.2, allow_nan=False)
_BOX = st.tuples(_FRACTION, _FRACTION, st.floats(0, 1), st.floats(0, 0.2))
_LINE = st.builds(Line, text=_TEXT, confidence=st.floats(0, 100), box=_BOX, handwriting=st.booleans())


def transcripts(max_lines: int = 24) -> st.SearchStrategy[Transcript]:
    pages = st.lists(st.lists(_LINE, max_size=max_lines), max_size=3)
    return pages.map(
        lambda page_lines: Transcript(
            tuple(Page(number, "textract", tuple(lines)) for number, lines in enumerate(page_lines, 1))
        )
    )
