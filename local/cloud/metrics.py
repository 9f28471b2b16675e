"""The metrics that AWS publishes for a stack, counted in memory per minute.

HTTP APIs: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
Lambda: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

# Older minutes are dropped: `gradeline serve` may run for weeks.
_RETENTION_MINUTES = 24 * 60


@dataclass(frozen=True)
class Statistics:
    """The values of one metric in one minute, as CloudWatch aggregates them."""

    sum: float = 0.0
    sample_count: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf

    def merge(self, other: "Statistics") -> "Statistics":
        return Statistics(
            self.sum + other.sum,
            self.sample_count + other.sample_count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )

    @classmethod
    def from_value(cls, value: float) -> "Statistics":
        return cls(value, 1, value, value)


@dataclass(frozen=True)
class Metric:
    """A metric's identity: a different set of dimensions is a different metric."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def create(cls, namespace: str, name: str, **dimensions: str) -> "Metric":
        return cls(namespace, name, frozenset(dimensions.items()))


class Metrics:
    """All metrics of a stack. Minutes are counted from the epoch."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[Metric, dict[int, Statistics]] = {}

    def add(self, metric: Metric, value: float) -> None:
        minute = int(time.time() // 60)
        with self._lock:
            minutes = self._minutes.setdefault(metric, {})
            if minute not in minutes:
                minutes[minute] = Statistics()
                for expired_minute in [number for number in minutes if number < minute - _RETENTION_MINUTES]:
                    del minutes[expired_minute]
            minutes[minute] = minutes[minute].merge(Statistics.from_value(value))

    def snapshot(self) -> Mapping[Metric, Mapping[int, Statistics]]:
        with self._lock:
            return {metric: dict(minutes) for metric, minutes in self._minutes.items()}

    def count_response(self, api_id: str, stage: str, status: int, seconds: float) -> None:
        """Counts one response of an HTTP API, under both sets of dimensions that AWS publishes by default."""
        values = {"Count": 1, "4xx": 400 <= status < 500, "5xx": status >= 500, "Latency": 1000 * seconds}
        for dimensions in ({"ApiId": api_id}, {"ApiId": api_id, "Stage": stage}):
            for name, value in values.items():
                self.add(Metric.create("AWS/ApiGateway", name, **dimensions), float(value))

    def count_invocation(self, function_name: str, *, error: bool) -> None:
        """Counts one invocation. `error` means that the function raised, not that it returned an error status."""
        for name, value in {"Invocations": 1, "Errors": error}.items():
            self.add(Metric.create("AWS/Lambda", name, FunctionName=function_name), float(value))
