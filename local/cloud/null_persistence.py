"""What the local cloud has to remember of what it was asked to do, where nothing is kept."""

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.gateway import WsgiResponse
from local.cloud.process_setup import CloudError


@dataclass(frozen=True)
class QueuedInvocation:
    """An asynchronous call that was accepted and is not done. `function` is a logical id."""

    id: str
    function: str
    payload: bytes


@dataclass(frozen=True)
class RestoredWork:
    """What was under way when an earlier process ended: calls, executions (inputs by ARN), and which had ended."""

    calls: list[QueuedInvocation] = field(default_factory=list)
    running: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)


class NullPersistence:
    """Keeps nothing: everything goes with the process. `local.cloud.persistence.StorePersistence` is the one that
    does."""

    @property
    def failure(self) -> CloudError | None:
        """Why nothing can be kept any more."""
        return None

    def restore(self) -> RestoredWork:
        """Puts back what was kept."""
        return RestoredWork()

    def start(self) -> None:
        """From here on changes are kept."""

    def observe(self, call: Call, request: WsgiRequest, response: WsgiResponse) -> None:
        """What changed is looked up and kept."""

    def reject_unsupported(self, _call: Call) -> WsgiResponse | None:
        """An error for what changes something that would not be kept."""
        return None

    def transaction(self) -> AbstractContextManager[None]:
        """What is noted inside is kept as one."""
        return contextlib.nullcontext()

    def flush(self) -> None:
        """Returns when all that was noted before is kept."""

    def invocation_queued(self, call: QueuedInvocation) -> None:
        """An asynchronous call was accepted."""

    def invocation_completed(self, call_id: str) -> None:
        """It has worked, or was told to the failure queue."""

    def execution_started(self, arn: str, execution_input: str) -> None:
        """An execution runs with this input."""

    def execution_ended(self, arn: str) -> None:
        """It has ended, and the bus was told."""
