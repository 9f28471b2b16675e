"""An account's Textract quota and page latencies, shared by the endpoint and the bound.

Latencies belong to the order of admission, not to a page: whichever strategy calls, the n-th admitted page takes the
same time.
"""

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

QuotaFault = Literal["error", "drop", "stall"]


@dataclass(frozen=True)
class TextractQuota:
    """Calls per second (the burst is one second's quota), seconds per page with jitter, and faults as shares of
    calls.

    `error` is an HTTP 500, `drop` a connection closed without a response, `stall` a response that takes
    `stall_factor` times as long.
    """

    tps: float
    seed: int = 1
    page_seconds: float = 1.5
    jitter: float = 0.2
    error_share: float = 0.0
    drop_share: float = 0.0
    stall_share: float = 0.0
    stall_factor: float = 4.0

    def latency(self, index: int) -> float:
        """Return the seconds that the call admitted as number `index` (from 0) takes."""
        fraction = random.Random(f"latency:{self.seed}:{index}").uniform(-1.0, 1.0)
        return self.page_seconds * (1.0 + self.jitter * fraction)

    def fault(self, index: int) -> QuotaFault | None:
        """Return the fault of the call admitted as number `index`, or None."""
        fraction = random.Random(f"fault:{self.seed}:{index}").random()
        kinds: tuple[tuple[QuotaFault, float], ...] = (
            ("error", self.error_share),
            ("drop", self.drop_share),
            ("stall", self.stall_share),
        )
        for kind, share in kinds:
            if fraction < share:
                return kind
            fraction -= share
        return None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**data)


def bound(pages: int, quota: TextractQuota) -> float:
    """Return the earliest possible end, in seconds, of `pages` calls that are all ready at 0. No client can be
    faster.

    Call i (from 0) is admitted at max(0, (i + 1 − TPS) ÷ TPS) and then takes its own latency.
    """
    tps = quota.tps
    return max((max(0.0, (index + 1 - tps) / tps) + quota.latency(index) for index in range(pages)), default=0.0)


class TokenBucket:
    """Admits `tps` calls per second and, after a pause, one second's quota at once."""

    def __init__(self, tps: float, clock: Callable[[], float]) -> None:
        self._tps = tps
        self._clock = clock
        self._tokens = max(tps, 1.0)
        self._filled_at = clock()

    def admit(self) -> bool:
        now = self._clock()
        self._tokens = min(max(self._tps, 1.0), self._tokens + (now - self._filled_at) * self._tps)
        self._filled_at = now
        # The tolerance admits calls that are early only by rounding.
        if self._tokens < 1.0 - 1e-9:
            return False
        self._tokens -= 1.0
        return True
