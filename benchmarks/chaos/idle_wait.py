"""Waits until the system is idle: sweeps repeatedly until the sweep finds nothing more to do."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from local.cloud.local_cloud import LocalCloud

_RECOVER = "RecoverFunction"
# S3 timestamps are whole seconds. A negative age includes objects that arrived this moment.
_ANY_AGE = -2
# How long an event may take to reach its function.
_QUIET_SECONDS = 2.0
_POLL_SECONDS = 0.25
# Counts in a sweep's reply of things that it leaves unchanged.
_UNCHANGED_COUNTS = frozenset({"next", "failed", "dead_ends", "stuck", "under_way", "waiting_for_paper"})


class NotIdle(Exception):
    """The time is up and something is still running."""


@dataclass(frozen=True)
class IdleWaiter:
    cloud: LocalCloud

    def sweep(self, older_than: float = _ANY_AGE) -> Counter[str]:
        """Run one whole sweep and return the counts of all its pages. A failed page is requested again."""
        return self._sum_pages({"action": "sweep", "older_than_seconds": older_than})

    def resume(self) -> int:
        """Resume everything that has FAILED, as `gradeline resume` does. Returns how many were started."""
        started = 0
        next_token: Any = None
        while True:
            reply = self._invoke_recover({"action": "resume", "after": next_token})
            started += len(reply["resumed"])
            next_token = reply["next"]
            if next_token is None:
                return started

    def wait_until_idle(self, seconds: float) -> Counter[str]:
        """Sweep until two sweeps in a row find nothing to do and nothing runs. Returns the summed counts.

        Raises
        ------
        NotIdle
            The sweep still finds something to do after `seconds`.
        """
        deadline = time.monotonic() + seconds
        totals: Counter[str] = Counter()
        quiet = 0
        while quiet < 2:
            self.wait_for_executions(deadline)
            counts = self.sweep()
            totals += counts
            quiet = 0 if any(count for name, count in counts.items() if name not in _UNCHANGED_COUNTS) else quiet + 1
            if time.monotonic() > deadline:
                raise NotIdle(f"the sweep still finds {dict(counts)}")
            time.sleep(_QUIET_SECONDS if quiet else _POLL_SECONDS)
            if self.running():
                quiet = 0
        return totals

    def wait_for_executions(self, deadline: float) -> None:
        """Wait until no execution is running."""
        while running := self.running():
            if time.monotonic() > deadline:
                raise NotIdle(f"{len(running)} executions still run")
            time.sleep(_POLL_SECONDS)

    def running(self) -> list[str]:
        pages = self.cloud.client("stepfunctions").get_paginator("list_executions")
        arn = self.cloud.stack.state_machine_arn
        return [
            execution["name"]
            for page in pages.paginate(stateMachineArn=arn, statusFilter="RUNNING")
            for execution in page["executions"]
            if execution["status"] == "RUNNING"
        ]

    def _sum_pages(self, request: dict[str, Any]) -> Counter[str]:
        counts: Counter[str] = Counter()
        next_token: Any = None
        while True:
            reply = self._invoke_recover({**request, "after": next_token})
            next_token = reply.pop("next")
            counts.update(reply)
            if next_token is None:
                return counts

    def _invoke_recover(self, event: dict[str, Any], max_attempts: int = 5) -> dict[str, Any]:
        reply: dict[str, Any] = {}
        for _ in range(max_attempts):
            reply = self.cloud.invoke(_RECOVER, event)
            if "errorType" not in reply:
                return reply
        raise NotIdle(f"{event['action']} failed: {reply.get('errorType')}: {reply.get('errorMessage')}")
