"""A submitted file: its path, its submission and its result."""

from dataclasses import dataclass
from pathlib import Path

from core.models.document_kinds import DocumentKind
from core.models.result import QuestionMark, SheetResult
from core.models.submission import IntakeChannel
from core.models.transcript import Transcript
from local.cli.execution_timeline import ExecutionTimeline
from local.cli.submission_status import SubmissionStatus


class UsageError(Exception):
    """The command cannot be run as given. The message is a sentence for the user; the exit code is 2."""


@dataclass
class SubmittedFile:
    """One file, from its path to its result.

    `id` is None until the file is accepted (in the drop folder, until it appears in the assessment's listing;
    `earlier_ids` are older submissions of the same name, which are not this one). `folder` is the folder in which the
    file was found, None if the file itself was named. `refusal` is the sentence with which it was refused, or the
    reason why it could not be opened. `graded_submission` is the submission whose marks count: its own, or the earlier
    one of the same file.
    """

    path: Path
    kind: DocumentKind
    student: str | None = None
    channel: IntakeChannel = IntakeChannel.API
    id: str | None = None
    earlier_ids: frozenset[str] = frozenset()
    folder: Path | None = None
    run: int = 1
    refusal: str | None = None
    status: SubmissionStatus | None = None
    graded_submission: SubmissionStatus | None = None
    transcript: Transcript | None = None
    timeline: ExecutionTimeline | None = None

    @property
    def student_label(self) -> str | None:
        """The student's label on the class list, else the one given with the file, else the one found on the sheet."""
        found = self.status.student if self.status else None
        return found if self.status and self.status.on_roster else self.student or found

    @property
    def name(self) -> str:
        """The name to display."""
        return self.student_label or self.path.name

    @property
    def result(self) -> SheetResult | None:
        return self.graded_submission.result if self.graded_submission else None

    @property
    def ended(self) -> bool:
        """True if its status will not change by itself any more."""
        if self.refusal is not None:
            return True
        return self.status is not None and (self.status.ended or self.status.paper_unusable)

    @property
    def succeeded(self) -> bool:
        return self.status is not None and self.status.succeeded and self.refusal is None and not self._original_failed

    @property
    def _original_failed(self) -> bool:
        """True if this is a duplicate of a file whose submission failed."""
        first = self.graded_submission
        return first is not None and first.id != self.id and first.ended and not first.succeeded

    @property
    def marks(self) -> tuple[QuestionMark, ...]:
        return self.result.questions if self.result else ()

    @property
    def marks_in_review(self) -> tuple[QuestionMark, ...]:
        """The marks that need review."""
        return tuple(mark for mark in self.marks if mark.review)

    @property
    def failure(self) -> str | None:
        """Why there are no marks, in a sentence; None if there are marks."""
        if self.refusal:
            return self.refusal
        if self.status and self.status.reason:
            return self.status.reason.message
        if self._original_failed and self.graded_submission and self.graded_submission.reason:
            return self.graded_submission.reason.message
        if self.status and self.status.ended and not self.succeeded:
            return "It ended without a reason."
        return None
