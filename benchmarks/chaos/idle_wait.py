"""Coming to rest: the sweep goes over what was received until it finds nothing more to do."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from local.cloud.local_cloud import LocalCloud

_RECOVER = "RecoverFunction"
# S3 tells whole seconds: what came this moment is older than two seconds from now.
_ANY_AGE = -2
# An event may still be on its way to its function for so long.
_QUIET_SECONDS = 2.0
_POLL_SECONDS = 0.25
# What a sweep says of things that it leaves as they are.
_UNCHANGED_COUNTS = frozenset({"next", "failed", "dead_ends", "stuck", "under_way", "waiting_for_paper"})


class NotIdle(Exception):
    """The time is over and something still moves."""


@dataclass(frozen=True)
class IdleWaiter:
    cloud: LocalCloud

    def sweep(self, older_than: float = _ANY_AGE) -> Counter[str]:
        """One whole sweep; the counts of all its pieces. A piece that failed is asked for once more."""
        return self._sum_pages({"action": "sweep", "older_than_seconds": older_than})

    def resume(self) -> int:
        """`gradeline resume` of everything that has FAILED; how many were started."""
        started = 0
        after: Any = None
        while True:
            reply = self._invoke_recover({"action": "resume", "after": after})
            started += len(reply["resumed"])
            after = reply["next"]
            if after is None:
                return started

    def wait_until_idle(self, seconds: float) -> Counter[str]:
        """Sweeps until two in a row found nothing to do and nothing runs; what was done in all.

        Raises
        ------
        NotAtRest
        """
        deadline = time.monotonic() + seconds
        done: Counter[str] = Counter()
        quiet = 0
        while quiet < 2:
            self.wait_for_executions(deadline)
            found = self.sweep()
            done += found
            quiet = 0 if any(count for name, count in found.items() if name not in _UNCHANGED_COUNTS) else quiet + 1
            if time.monotonic() > deadline:
                raise NotIdle(f"the sweep still finds {dict(found)}")
            time.sleep(_QUIET_SECONDS if quiet else _POLL_SECONDS)
            if self.running():
                quiet = 0
        return done

    def wait_for_executions(self, deadline: float) -> None:
        """Until no execution runs."""
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
        after: Any = None
        while True:
            reply = self._invoke_recover({**request, "after": after})
            after = reply.pop("next")
            counts.update(reply)
            if after is None:
                return counts

    def _invoke_recover(self, event: dict[str, Any], tries: int = 5) -> dict[str, Any]:
        reply: dict[str, Any] = {}
        for _ in range(tries):
            reply = self.cloud.invoke(_RECOVER, event)
            if "errorType" not in reply:
                return reply
        raise NotIdle(f"{event['action']} failed: {reply.get('errorType')}: {reply.get('errorMessage')}")
