"""The state of an execution: what each branch writes into it, and what the next step reads.

The state machine merges the branches' results under `outcome`, and adds `failure` and `job`
(`statemachine/grading.asl.yaml`). It wraps a result of a branch as {ok: true, value}, and an error as {ok: false,
error, cause}. Times are ISO 8601 strings in UTC.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self, TypeVar

from core.models.stored_file import StoredFile
from core.models.submission import Submission
from core.models.timeline import BranchTimes

State = Mapping[str, Any]
_Result = TypeVar("_Result")


class ReadingResult(NamedTuple):
    """The result of the reading branch: where the transcript is stored, and its counts; never its text.

    `sha256` is the hash of the bytes that were read. `from_cache` is true if the transcript had been stored before;
    `first_ocr_at` is None if no OCR call was made.
    """

    transcript_bucket: str
    transcript_key: str
    sha256: str
    pages: int
    text_layer_pages: int
    ocr_pages: int
    lines: int
    warnings: int
    from_cache: bool
    started_at: str
    first_ocr_at: str | None
    ended_at: str

    @property
    def times(self) -> BranchTimes:
        return BranchTimes(self.started_at, self.ended_at, self.first_ocr_at)

    def to_state(self) -> dict[str, Any]:
        return {
            "transcript": {"bucket": self.transcript_bucket, "key": self.transcript_key},
            "sha256": self.sha256,
            "pages": self.pages,
            "text_layer_pages": self.text_layer_pages,
            "ocr_pages": self.ocr_pages,
            "lines": self.lines,
            "warnings": self.warnings,
            "kept": self.from_cache,
            "started_at": self.started_at,
            "first_ocr_at": self.first_ocr_at,
            "ended_at": self.ended_at,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        return cls(
            transcript_bucket=state["transcript"]["bucket"],
            transcript_key=state["transcript"]["key"],
            sha256=state["sha256"],
            pages=int(state["pages"]),
            text_layer_pages=int(state["text_layer_pages"]),
            ocr_pages=int(state["ocr_pages"]),
            lines=int(state["lines"]),
            warnings=int(state["warnings"]),
            from_cache=state["kept"],
            started_at=state["started_at"],
            first_ocr_at=state.get("first_ocr_at"),
            ended_at=state["ended_at"],
        )


class StoringResult(NamedTuple):
    """The result of the storing branch. `duplicate_of` is the id of the submission that has the same content for the
    same student, None if there is none."""

    file: StoredFile
    duplicate_of: str | None
    started_at: str
    ended_at: str

    @property
    def times(self) -> BranchTimes:
        return BranchTimes(self.started_at, self.ended_at)

    def to_state(self) -> dict[str, Any]:
        return {
            **self.file.to_state(),
            "duplicate_of": self.duplicate_of,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        return cls(
            file=StoredFile.from_state(state),
            duplicate_of=state.get("duplicate_of"),
            started_at=state["started_at"],
            ended_at=state["ended_at"],
        )


class AsyncJob(NamedTuple):
    """An asynchronous OCR job, which reads a large document while the state machine waits for it.

    `id` is empty while the job cannot be started because too many others are running. `wait_seconds` is the time until
    the next poll.
    """

    id: str
    status: str
    started_at: str
    wait_seconds: int

    def to_state(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": self.status,
            "started_at": self.started_at,
            "wait_seconds": self.wait_seconds,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        return cls(state["id"], state["status"], state["started_at"], int(state["wait_seconds"]))


class StepError(NamedTuple):
    """The error that a branch ended with, or that a later step was caught with.

    `error` is the error's name. `cause` is the JSON that Lambda makes of an exception, or text.
    """

    error: str
    cause: str


class ExecutionState(NamedTuple):
    """The state of an execution, as a step receives it.

    `reading` and `storing` are None before the branches are joined. `failure` is the error that led to the present
    step, `job` the asynchronous job of the reading branch; both are None if there is none.
    """

    submission: Submission
    reading: ReadingResult | StepError | None = None
    storing: StoringResult | StepError | None = None
    failure: StepError | None = None
    job: AsyncJob | None = None

    @classmethod
    def from_state(cls, state: State) -> Self:
        outcome = state.get("outcome", {})
        failure = state.get("failure")
        return cls(
            submission=Submission.from_state(state),
            reading=_decode_branch(outcome.get("reading"), ReadingResult.from_state),
            storing=_decode_branch(outcome.get("persistence", {}).get("stored"), StoringResult.from_state),
            failure=StepError(failure["Error"], failure.get("Cause", "")) if failure else None,
            job=AsyncJob.from_state(state["job"]) if "job" in state else None,
        )

    @property
    def reading_result(self) -> ReadingResult:
        """The result of the reading branch. Raises ValueError if that branch has not succeeded."""
        if not isinstance(self.reading, ReadingResult):
            raise ValueError("The reading branch has no result.")
        return self.reading

    @property
    def storing_result(self) -> StoringResult:
        """The result of the storing branch. Raises ValueError if that branch has not succeeded."""
        if not isinstance(self.storing, StoringResult):
            raise ValueError("The storing branch has no result.")
        return self.storing


def _decode_branch(branch: State | None, decode: Callable[[State], _Result]) -> _Result | StepError | None:
    if branch is None:
        return None
    return decode(branch["value"]) if branch["ok"] else StepError(branch["error"], branch.get("cause", ""))
