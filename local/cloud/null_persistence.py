"""The persistence interface of the local cloud, with the implementation that stores nothing."""

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.process_setup import CloudError
from local.cloud.wsgi import WsgiResponse


@dataclass(frozen=True)
class QueuedInvocation:
    """An asynchronous invocation that was accepted and is not done. `function` is a logical id."""

    id: str
    function: str
    payload: bytes


@dataclass(frozen=True)
class RestoredWork:
    """What was in progress when an earlier process ended: asynchronous invocations, running executions (inputs by ARN),
    and the ARNs of executions that had ended."""

    invocations: list[QueuedInvocation] = field(default_factory=list)
    running: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)


class NullPersistence:
    """Stores nothing: everything is gone when the process ends. See `local.cloud.persistence.StorePersistence`."""

    @property
    def failure(self) -> CloudError | None:
        """Why nothing can be stored any more, or None."""
        return None

    def restore(self) -> RestoredWork:
        """Restores what was stored, and returns the work that was in progress."""
        return RestoredWork()

    def start(self) -> None:
        """From here on changes are stored."""

    def observe(self, call: Call, request: WsgiRequest, response: WsgiResponse) -> None:
        """Looks up what a call has changed and stores it."""

    def reject_unsupported(self, _call: Call) -> WsgiResponse | None:
        """Returns an error for a call whose changes would not be stored."""
        return None

    def transaction(self) -> AbstractContextManager[None]:
        """Everything recorded inside becomes durable together."""
        return contextlib.nullcontext()

    def flush(self) -> None:
        """Returns when everything recorded before is durable."""

    def invocation_queued(self, invocation: QueuedInvocation) -> None:
        """Records that an asynchronous invocation was accepted."""

    def invocation_completed(self, request_id: str) -> None:
        """Records that it has succeeded, or that its failure record was sent."""

    def execution_started(self, arn: str, execution_input: str) -> None:
        """Records that an execution runs with this input."""

    def execution_ended(self, arn: str) -> None:
        """Records that it has ended and that the event bus was notified."""
