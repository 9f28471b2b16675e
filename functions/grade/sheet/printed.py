"""What of a sheet is printed matter or a teacher's mark, and so nobody's answer."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from core.assessment import QuestionPaper
from core.labels import nodes
from grade.sheet.answer_text import Fragment, is_margin_mark
from grade.sheet.question_text import copied, plain

_ALIKE = 88.0
_MOST_LOOKS = 60
"""Lines of one sheet that are held against the whole paper; beyond them a line counts as written."""


class Printed:
    """The words that a paper prints: its title, its questions, its options. `lefts`: where the sheet's labels stand."""

    def __init__(self, paper: QuestionPaper, lefts: Sequence[float]) -> None:
        listed = [question for _, _, question in nodes(paper.questions)]
        self._texts = [question.text for question in listed if question.text.strip()]
        self._titles = [plain(paper.title), *(plain(question.label) for question in listed)]
        self._lefts = lefts
        self._looks = _MOST_LOOKS

    def may_be_answer(self, fragment: Fragment) -> bool:
        """Whether a student may have answered something with it."""
        said = fragment.said.strip()
        if not re.search(r"[^\W_]", said) or is_margin_mark(fragment, self._lefts):
            return False
        if self._looks <= 0:
            return True
        self._looks -= 1
        return not self._is_printed(said)

    def _is_printed(self, said: str) -> bool:
        words = plain(said)
        if len(words) > 3 and any(title and fuzz.ratio(words, title) >= _ALIKE for title in self._titles):
            return True
        return any(found[1] == "" for text in self._texts if (found := copied(said, text)) is not None)
