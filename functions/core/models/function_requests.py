"""Requests that functions and operators send to other functions, and their replies: one encoder and one decoder each.

`to_event` makes the payload of the invocation, `from_event` reads it. The field `action` names the request.
Named tuples: a dataclass takes fifteen times as long to create, at every cold start.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, Self

Event = Mapping[str, Any]
# A position in the index of pending records, as DynamoDB returns it.
Position = dict[str, Any]
# The values of `action`.
ERASE, REPEAT_UPLOAD, RELEASE, RESUME, SWEEP, MARK_ANSWER = (
    "erase",
    "again",
    "release",
    "resume",
    "sweep",
    "mark answer",
)


class RecoverRequest(Protocol):
    """A request to `recover`."""

    def to_event(self) -> dict[str, Any]: ...


class EraseRequest(NamedTuple):
    """Erase everything that a submission with a tombstone has left."""

    submission_id: str

    def to_event(self) -> dict[str, Any]:
        return {"action": ERASE, "submission": self.submission_id}

    @classmethod
    def from_event(cls, event: Event) -> Self:
        return cls(event["submission"])


class RepeatUploadRequest(NamedTuple):
    """The content of a submission was received again, at this time."""

    submission_id: str
    received_at: str

    def to_event(self) -> dict[str, Any]:
        return {"action": REPEAT_UPLOAD, "submission": self.submission_id, "received_at": self.received_at}

    @classmethod
    def from_event(cls, event: Event) -> Self:
        return cls(event["submission"], event["received_at"])


class ReleaseRequest(NamedTuple):
    """Start the runs that an assessment needs.

    The state machine asks for one batch, with the progress of the batch before it (`after`, `revision`). With `after`
    None, as many batches are started as the time allows.
    """

    tenant: str
    assessment: str
    after: str | None = None
    revision: int = 0

    def to_event(self) -> dict[str, Any]:
        event = {"action": RELEASE, "tenant": self.tenant, "assessment": self.assessment}
        return event if self.after is None else {**event, "after": self.after, "revision": self.revision}

    @classmethod
    def from_event(cls, event: Event) -> Self:
        return cls(event["tenant"], event["assessment"], event.get("after"), int(event.get("revision", 0)))


class ResumeRequest(NamedTuple):
    """Run failed or stuck submissions again: those named, or (`submission_ids` None) one page of all that FAILED
    before `until` (None: before now), from the cursor `after` on."""

    submission_ids: tuple[str, ...] | None = None
    until: str | None = None
    after: Position | None = None

    def to_event(self) -> dict[str, Any]:
        if self.submission_ids is not None:
            return {"action": RESUME, "submissions": list(self.submission_ids)}
        until = {} if self.until is None else {"until": self.until}
        return {"action": RESUME, **until, "after": self.after}

    @classmethod
    def from_event(cls, event: Event) -> Self:
        if "submissions" in event:
            return cls(tuple(event["submissions"]))
        return cls(until=event.get("until"), after=event["after"])


class ResumeReply(NamedTuple):
    """The ids of the submissions that were started, and the cursor of the next page (None after the last)."""

    resumed: tuple[str, ...]
    next_cursor: Position | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"resumed": list(self.resumed), "next": self.next_cursor}

    @classmethod
    def from_dict(cls, data: Event) -> Self:
        return cls(tuple(data["resumed"]), data.get("next"))


class SweepCursor(NamedTuple):
    """Where a sweep continues: the stage, and the position in it (None: at its start)."""

    stage: str
    position: Position | None

    def to_dict(self) -> dict[str, Any]:
        return {"stage": self.stage, "place": self.position}

    @classmethod
    def from_dict(cls, data: Event) -> Self:
        return cls(data["stage"], data["place"])


class SweepRequest(NamedTuple):
    """Find everything that waits and resume it.

    The schedule's request has no `after`: it continues where the previous scheduled sweep stopped (`is_scheduled`).
    An operator's starts at the cursor `after`, None for the beginning. `older_than_seconds` is how long something must
    have waited, None for the default.
    """

    after: SweepCursor | None = None
    older_than_seconds: float | None = None
    is_scheduled: bool = False

    def to_event(self) -> dict[str, Any]:
        event: dict[str, Any] = {"action": SWEEP}
        if self.older_than_seconds is not None:
            event["older_than_seconds"] = self.older_than_seconds
        if not self.is_scheduled:
            event["after"] = self.after.to_dict() if self.after else None
        return event

    @classmethod
    def from_event(cls, event: Event) -> Self:
        after = event.get("after")
        return cls(
            after=SweepCursor.from_dict(after) if after else None,
            older_than_seconds=event.get("older_than_seconds"),
            is_scheduled="after" not in event,
        )


class SweepReply(NamedTuple):
    """Counts by outcome, and the cursor of the next call (None: everything has been processed)."""

    counts: Mapping[str, int]
    next_cursor: SweepCursor | None = None

    def to_dict(self) -> dict[str, Any]:
        return {**self.counts, "next": self.next_cursor.to_dict() if self.next_cursor else None}

    @classmethod
    def from_dict(cls, data: Event) -> Self:
        counts = {name: count for name, count in data.items() if name != "next"}
        return cls(counts, SweepCursor.from_dict(data["next"]) if data.get("next") else None)


class MarkAnswerRequest(NamedTuple):
    """Request to `grade`: mark one answer of a sheet, with a teacher's text instead of the recognised one."""

    submission_id: str
    run: int
    tenant: str
    question: str
    answer: str

    def to_event(self) -> dict[str, Any]:
        return {
            "action": MARK_ANSWER,
            "submission": self.submission_id,
            "run": self.run,
            "tenant": self.tenant,
            "question": self.question,
            "answer": self.answer,
        }

    @classmethod
    def from_event(cls, event: Event) -> Self:
        return cls(event["submission"], int(event["run"]), event["tenant"], event["question"], event["answer"])


class MarkAnswerReply(NamedTuple):
    """What the record needs of the new mark: the key of its document, the marks (None if a person has to give them),
    the reasons for a review, and whether there is an answer."""

    key: str
    marks: float | None
    review: tuple[str, ...]
    answered: bool

    def to_dict(self) -> dict[str, Any]:
        return {"key": self.key, "marks": self.marks, "review": list(self.review), "answered": self.answered}

    @classmethod
    def from_dict(cls, data: Event) -> Self:
        return cls(data["key"], data["marks"], tuple(data["review"]), data["answered"])
