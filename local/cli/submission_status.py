"""A submission's status as the API returns it, parsed once: its state, its branches with their times, its marks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from core.models.assessment import QuestionPaper
from core.models.document_kinds import DocumentKind
from core.models.result import SheetResult
from core.models.submission import TERMINAL_STATES, SubmissionState
from core.platform.clock import parse_timestamp

BRANCHES = ("reading", "storing", "recording", "grading")


@dataclass(frozen=True, slots=True)
class BranchStatus:
    """One branch of a run. `state` is waiting, running, done or failed; a time is None until it is reached."""

    state: str = "waiting"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    first_ocr_at: datetime | None = None
    pages_total: int | None = None
    pages_done: int | None = None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            state=data.get("state") or "waiting",
            started_at=_parse_time(data.get("started_at")),
            ended_at=_parse_time(data.get("ended_at")),
            first_ocr_at=_parse_time(data.get("first_ocr_at")),
            pages_total=data.get("pages_total"),
            pages_done=data.get("pages_done"),
        )


@dataclass(frozen=True, slots=True)
class SubmissionFailure:
    """Why a submission ended without marks: the error's name and a sentence for the teacher."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class SubmissionStatus:
    """One submission as the API describes it.

    `label` is the student's name given at upload; `student` is the label on the class list if the student is on it
    (`on_roster`). `document` is the response body as received, for the report and `--json`.
    """

    id: str
    run: int
    assessment: str
    kind: DocumentKind
    student: str | None
    label: str | None
    on_roster: bool | None
    state: SubmissionState
    channel: str
    received_at: datetime | None
    ended_at: datetime | None
    reason: SubmissionFailure | None
    duplicate_of: str | None
    branches: dict[str, BranchStatus]
    result: SheetResult | None
    paper: QuestionPaper | None
    document: dict[str, Any]

    @property
    def ended(self) -> bool:
        return self.state in TERMINAL_STATES

    @property
    def succeeded(self) -> bool:
        """True if it was marked, prepared, or recognised as a duplicate."""
        if self.state is SubmissionState.NEEDS_REVIEW:
            # In older releases this state of a paper or key means that nothing was found in it.
            return self.kind.rules.is_graded
        return self.state in (SubmissionState.GRADED, SubmissionState.READY, SubmissionState.DUPLICATE_OF)

    @property
    def paper_unusable(self) -> bool:
        """True if a sheet waits for its question paper and the one that was sent cannot be used (`reason`).

        The sheet continues only when another paper is sent.
        """
        return self.state is SubmissionState.AWAITING_PAPER and self.reason is not None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Parse a response body.

        Raises
        ------
        KeyError, ValueError
            The body does not describe a submission.
        """
        reason, branches, kind = data.get("reason"), data.get("lanes") or {}, DocumentKind(data["kind"])
        return cls(
            id=data["id"],
            run=int(data.get("run") or 1),
            assessment=data["assessment"],
            kind=kind,
            student=data.get("student") or None,
            # Older releases return the student alone.
            label=data.get("label", data.get("student")) or None,
            on_roster=data.get("on_roster"),
            state=SubmissionState(data["state"]),
            channel=data.get("door") or "",
            received_at=_parse_time(data.get("received_at")),
            ended_at=_parse_time(data.get("ended_at")),
            reason=SubmissionFailure(reason.get("type") or "", reason.get("message") or "") if reason else None,
            duplicate_of=data.get("duplicate_of"),
            branches={name: BranchStatus.from_dict(branches.get(name) or {}) for name in BRANCHES},
            result=SheetResult.from_dict(data["result"]) if data.get("result") else None,
            # Older releases return an answer key's scheme here.
            paper=QuestionPaper.from_dict(data["paper"])
            if data.get("paper") and kind is DocumentKind.QUESTION_PAPER
            else None,
            document=data,
        )


def _parse_time(text: str | None) -> datetime | None:
    return parse_timestamp(text) if text else None
