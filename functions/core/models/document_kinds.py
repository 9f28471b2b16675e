"""Document kinds: what a submission may be, and how each kind is read, prepared and stored.

The one table that all steps, the page and the API's description ask. A new kind is a row here, its parser in
`grade.document_preparation`, and a choice of `BothHalves` in the state machine.
"""

from enum import StrEnum
from typing import Literal, NamedTuple

from core.models import errors

AssessmentSlot = Literal["paper", "key_document"]


class DocumentKind(StrEnum):
    QUESTION_PAPER = "question_paper"
    ANSWER_KEY = "answer_key"
    ANSWER_SHEET = "answer_sheet"

    @property
    def rules(self) -> "KindRules":
        return _RULES[self]


class KindRules(NamedTuple):
    """How a kind of document is treated.

    title
        What a message to a person calls it.
    slot
        Which document of its assessment it becomes once it is prepared; None for a sheet, which is graded instead.
    next_state
        The state of the state machine that follows the join of the branches.
    verified_reading
        Whether OCR verifies its text layer: the writer of a sheet may have hidden text in it, a teacher has no reason.
    needs_paper
        Whether its result depends on the assessment's question paper, so that it runs again with a new one.
    drop_folder_stem
        Its file name in an assessment's drop folder, without extension; None if it is named after a student and put
        in `answers/`.
    upload_title
        The title of its upload area on the page.
    also_accepted
        Extensions of other files that this area takes: a marking scheme, a class list.
    """

    title: str
    slot: AssessmentSlot | None
    next_state: str
    verified_reading: bool
    needs_paper: bool
    drop_folder_stem: str | None
    upload_title: str
    also_accepted: tuple[str, ...] = ()

    @property
    def is_graded(self) -> bool:
        """Whether it is marked; all other kinds are prepared, as documents of their assessment."""
        return self.slot is None


_RULES = {
    DocumentKind.QUESTION_PAPER: KindRules(
        title="question paper",
        slot="paper",
        next_state="PreparePaper",
        verified_reading=False,
        needs_paper=False,
        drop_folder_stem="question-paper",
        upload_title="Question paper",
    ),
    DocumentKind.ANSWER_KEY: KindRules(
        title="answer key",
        slot="key_document",
        next_state="PreparePaper",
        verified_reading=False,
        needs_paper=True,
        drop_folder_stem="answer-key",
        upload_title="Marking scheme or answer key",
        also_accepted=(".yaml", ".yml", ".json"),
    ),
    DocumentKind.ANSWER_SHEET: KindRules(
        title="answer sheet",
        slot=None,
        next_state="Grade",
        verified_reading=True,
        needs_paper=True,
        drop_folder_stem=None,
        upload_title="Answer sheets",
        also_accepted=(".csv",),
    ),
}


def parse_kind(value: str | None) -> DocumentKind:
    """Return the document kind of this name. Raises UnknownKind."""
    try:
        return DocumentKind(value or "")
    except ValueError:
        known = ", ".join(kind.value for kind in DocumentKind)
        raise errors.UnknownKind(f"The kind must be one of {known}.") from None
