"""Coming to rest: the sweep goes over what was received until it finds nothing more to do."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from local.cloud.local_cloud import LocalCloud

_RECOVER = "RecoverFunction"
# S3 tells whole seconds: what came this moment is older than two seconds from now.
_EVERYTHING = -2
# An event may still be on its way to its function for so long.
_QUIET_SECONDS = 2.0
_POLL_SECONDS = 0.25
# What a sweep says of things that it leaves as they are.
_LEFT = frozenset({"next", "failed", "dead_ends", "stuck", "under_way", "waiting_for_paper"})


class NotAtRest(Exception):
    """The time is over and something still moves."""


@dataclass(frozen=True)
class Rest:
    cloud: LocalCloud

    def sweep(self, older_than: float = _EVERYTHING) -> Counter[str]:
        """One whole sweep; the counts of all its pieces. A piece that failed is asked for once more."""
        return self._pieces({"action": "sweep", "older_than_seconds": older_than})

    def resume(self) -> int:
        """`gradeline resume` of everything that has FAILED; how many were started."""
        started = 0
        after: Any = None
        while True:
            told = self._ask({"action": "resume", "after": after})
            started += len(told["resumed"])
            after = told["next"]
            if after is None:
                return started

    def come(self, seconds: float) -> Counter[str]:
        """Sweeps until two in a row found nothing to do and nothing runs; what was done in all.

        Raises
        ------
        NotAtRest
        """
        deadline = time.monotonic() + seconds
        done: Counter[str] = Counter()
        quiet = 0
        while quiet < 2:
            self.wait(deadline)
            found = self.sweep()
            done += found
            quiet = 0 if any(count for name, count in found.items() if name not in _LEFT) else quiet + 1
            if time.monotonic() > deadline:
                raise NotAtRest(f"the sweep still finds {dict(found)}")
            time.sleep(_QUIET_SECONDS if quiet else _POLL_SECONDS)
            if self.running():
                quiet = 0
        return done

    def wait(self, deadline: float) -> None:
        """Until no execution runs."""
        while running := self.running():
            if time.monotonic() > deadline:
                raise NotAtRest(f"{len(running)} executions still run")
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

    def _pieces(self, request: dict[str, Any]) -> Counter[str]:
        counts: Counter[str] = Counter()
        after: Any = None
        while True:
            told = self._ask({**request, "after": after})
            after = told.pop("next")
            counts.update(told)
            if after is None:
                return counts

    def _ask(self, event: dict[str, Any], tries: int = 5) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for _ in range(tries):
            told = self.cloud.invoke(_RECOVER, event)
            if "errorType" not in told:
                return told
        raise NotAtRest(f"{event['action']} failed: {told.get('errorType')}: {told.get('errorMessage')}")
