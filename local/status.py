"""What the API says of a submission, parsed once: its state, its lanes with their times, its marks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from core.assessment import QuestionPaper
from core.clock import parse
from core.result import SheetResult
from core.submission import ENDED, Kind, State

LANES = ("reading", "storing", "recording", "grading")


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of a run. `state` is waiting, running, done or failed; a time is None until it has come."""

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
            started_at=_moment(data.get("started_at")),
            ended_at=_moment(data.get("ended_at")),
            first_ocr_at=_moment(data.get("first_ocr_at")),
            pages_total=data.get("pages_total"),
            pages_done=data.get("pages_done"),
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a submission ended without marks: the error's name and a sentence for the teacher."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Status:
    """One submission as the API tells of it. `label` is what the upload called the student, `student` the class list's
    label where that has them (`on_roster`). `document` is the answer as it came, for `--json`."""

    id: str
    run: int
    assessment: str
    kind: Kind
    student: str | None
    label: str | None
    on_roster: bool | None
    state: State
    door: str
    received_at: datetime | None
    ended_at: datetime | None
    reason: Reason | None
    duplicate_of: str | None
    lanes: dict[str, Lane]
    result: SheetResult | None
    paper: QuestionPaper | None
    document: dict[str, Any]

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def well(self) -> bool:
        """True where it ended as it was meant to: marked, prepared, or known already."""
        if self.state is State.NEEDS_REVIEW:
            # Of a paper or key it says, in older releases, that nothing was found in it.
            return self.kind is Kind.ANSWER_SHEET
        return self.state in (State.GRADED, State.READY, State.DUPLICATE_OF)

    @property
    def paper_unusable(self) -> bool:
        """True where a sheet waits for its question paper, and the one that was sent cannot be used (`reason`): it goes
        on only when another is sent."""
        return self.state is State.AWAITING_PAPER and self.reason is not None

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """
        Raises
        ------
        KeyError, ValueError
            The answer is not that of a submission.
        """
        reason, lanes, kind = data.get("reason"), data.get("lanes") or {}, Kind(data["kind"])
        return cls(
            id=data["id"],
            run=int(data.get("run") or 1),
            assessment=data["assessment"],
            kind=kind,
            student=data.get("student") or None,
            # A stack of an older release gives the student alone.
            label=data.get("label", data.get("student")) or None,
            on_roster=data.get("on_roster"),
            state=State(data["state"]),
            door=data.get("door") or "",
            received_at=_moment(data.get("received_at")),
            ended_at=_moment(data.get("ended_at")),
            reason=Reason(reason.get("type") or "", reason.get("message") or "") if reason else None,
            duplicate_of=data.get("duplicate_of"),
            lanes={name: Lane.from_dict(lanes.get(name) or {}) for name in LANES},
            result=SheetResult.from_dict(data["result"]) if data.get("result") else None,
            # Older releases give a key's scheme here.
            paper=QuestionPaper.from_dict(data["paper"]) if data.get("paper") and kind is Kind.QUESTION_PAPER else None,
            document=data,
        )


def _moment(text: str | None) -> datetime | None:
    return parse(text) if text else None
