"""What the local cloud has to remember of what it was asked to do, where nothing is kept."""

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from local.cloud.calls import Call, Request
from local.cloud.edge import Response
from local.cloud.process import CloudError


@dataclass(frozen=True)
class QueuedCall:
    """An asynchronous call that was accepted and is not done. `function` is a logical id."""

    id: str
    function: str
    payload: bytes


@dataclass(frozen=True)
class Memories:
    """What was under way when an earlier process ended: calls, executions (inputs by ARN), and which had ended."""

    calls: list[QueuedCall] = field(default_factory=list)
    running: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)


class Forgetful:
    """Keeps nothing: everything goes with the process. `local.cloud.keeping.Keeper` is the one that does."""

    @property
    def failure(self) -> CloudError | None:
        """Why nothing can be kept any more."""
        return None

    def restore(self) -> Memories:
        """Puts back what was kept."""
        return Memories()

    def begin(self) -> None:
        """From here on changes are kept."""

    def observe(self, call: Call, request: Request, response: Response) -> None:
        """What changed is looked up and kept."""

    def refuses(self, _call: Call) -> Response | None:
        """An error for what changes something that would not be kept."""
        return None

    def together(self) -> AbstractContextManager[None]:
        """What is noted inside is kept as one."""
        return contextlib.nullcontext()

    def settle(self) -> None:
        """Returns when all that was noted before is kept."""

    def call_queued(self, call: QueuedCall) -> None:
        """An asynchronous call was accepted."""

    def call_done(self, call_id: str) -> None:
        """It has worked, or was told to the failure queue."""

    def execution_started(self, arn: str, given: str) -> None:
        """An execution runs with this input."""

    def execution_ended(self, arn: str) -> None:
        """It has ended, and the bus was told."""
