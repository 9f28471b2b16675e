"""Evaluates CloudWatch alarms on given metrics: a metric or a metric math expression, with missing data.

Evaluation and missing data: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
Metric math: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html

Only what template.yaml uses is implemented; everything else raises ValueError.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.cloud.metrics import Metric, Statistics

Published = Mapping[Metric, Mapping[int, Statistics]]
OK, ALARM = "OK", "ALARM"

# How many periods beyond EvaluationPeriods an alarm retrieves to find data (AWS's own example: 5 for 3).
_MORE_PERIODS = 2
_STATISTICS: Mapping[str, Callable[[Statistics], float]] = {
    "Sum": lambda one: one.sum,
    "SampleCount": lambda one: float(one.sample_count),
    "Average": lambda one: one.sum / one.sample_count,
    "Maximum": lambda one: one.maximum,
    "Minimum": lambda one: one.minimum,
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_OPERATORS: Mapping[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


@dataclass(frozen=True)
class MetricStat:
    """One statistic of one metric; `period` in minutes."""

    metric: Metric
    statistic: str
    period: int

    @classmethod
    def of(cls, metric: Mapping[str, Any], statistic: str, seconds: Any) -> "MetricStat":
        dimensions = frozenset((one["Name"], one["Value"]) for one in metric.get("Dimensions", ()))
        return cls(Metric(metric["Namespace"], metric["MetricName"], dimensions), statistic, int(seconds) // 60)

    def value(self, published: Published, end: int) -> float | None:
        """The statistic of the period that ends before the minute `end`; None where the metric has no data in it."""
        minutes = published.get(self.metric, {})
        found = [minutes[minute] for minute in range(end - self.period, end) if minute in minutes]
        if not found:
            return None
        merged = found[0]
        for statistics in found[1:]:
            merged = merged.merge(statistics)
        return _STATISTICS[self.statistic](merged)


@dataclass(frozen=True)
class Alarm:
    """An alarm by its properties, all references resolved."""

    metrics: Mapping[str, MetricStat]
    expression: str
    evaluation_periods: int
    datapoints_to_alarm: int
    threshold: float
    comparison: str
    missing_breaches: bool

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> "Alarm":
        metrics, expression = _queries(properties)
        periods = int(properties["EvaluationPeriods"])
        return cls(
            metrics=metrics,
            expression=expression,
            evaluation_periods=periods,
            datapoints_to_alarm=int(properties.get("DatapointsToAlarm", periods)),
            threshold=float(properties["Threshold"]),
            comparison=properties["ComparisonOperator"],
            missing_breaches={"breaching": True, "notBreaching": False}[properties["TreatMissingData"]],
        )

    @property
    def period(self) -> int:
        [period] = {one.period for one in self.metrics.values()}
        return period

    def value(self, published: Published, end: int) -> float | None:
        """The data point of the period that ends before the minute `end`."""
        return evaluate_expression(
            self.expression, {name: one.value(published, end) for name, one in self.metrics.items()}
        )

    def state(self, published: Published, now: int) -> str:
        """The alarm's state when it is evaluated at the minute `now`; an alarm is evaluated every minute.

        More periods are retrieved than are evaluated: where some have no data, the newest ones with data are evaluated,
        however old. TreatMissingData replaces the data points that are still missing then.
        """
        periods = range(self.evaluation_periods + _MORE_PERIODS)
        newest_first = [self.value(published, now - self.period * number) for number in periods]
        found = newest_first[: self.evaluation_periods]
        if None in found:
            found = [value for value in newest_first if value is not None][: self.evaluation_periods]
        breaching = sum(value is not None and self._breaches(value) for value in found)
        if self.missing_breaches:
            breaching += self.evaluation_periods - len(found)
        return ALARM if breaching >= self.datapoints_to_alarm else OK

    def _breaches(self, value: float) -> bool:
        return _COMPARISONS[self.comparison](value, self.threshold)

    def fires(self, published: Published) -> bool:
        """Whether it is in ALARM at any minute from the first data to the end of the period with the last data."""
        minutes = sorted({minute for values in published.values() for minute in values})
        if not minutes:
            return self.state(published, 0) == ALARM
        return any(self.state(published, now) == ALARM for now in range(minutes[0] + 1, minutes[-1] + self.period + 1))


def _queries(properties: Mapping[str, Any]) -> tuple[dict[str, MetricStat], str]:
    if "MetricName" in properties:
        return {"m": MetricStat.of(properties, properties["Statistic"], properties["Period"])}, "m"
    metrics, returned = {}, []
    for query in properties["Metrics"]:
        if "MetricStat" in query:
            stat = query["MetricStat"]
            metrics[query["Id"]] = MetricStat.of(stat["Metric"], stat["Stat"], stat["Period"])
        if query.get("ReturnData", True):
            returned.append(query.get("Expression", query["Id"]))
    [expression] = returned
    return metrics, expression


def metric_stats(properties: Mapping[str, Any]) -> Iterable[MetricStat]:
    """The metric statistics of an alarm."""
    return _queries(properties)[0].values()


def evaluate_expression(expression: str, values: Mapping[str, float | None]) -> float | None:
    """The value of a metric math expression for one period; None is a missing data point.

    A sum or difference takes a missing operand as 0 if the other one is present. Every other operation on a missing
    operand, and a division by zero, gives no data point. FILL replaces a missing data point by a number.
    """
    return _evaluate_node(ast.parse(expression, mode="eval").body, values)


def _evaluate_node(node: ast.expr, values: Mapping[str, float | None]) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left, kind, right):
            return _apply_operator(kind, _evaluate_node(left, values), _evaluate_node(right, values))
        case ast.Compare(left, [kind], [right]):
            return _apply_operator(kind, _evaluate_node(left, values), _evaluate_node(right, values))
        case ast.Call(ast.Name("FILL"), [series, ast.Constant(value=int() | float() as replacement)]):
            value = _evaluate_node(series, values)
            return float(replacement) if value is None else value
        case ast.Call(ast.Name("IF"), [condition, then, otherwise]):
            is_true = _evaluate_node(condition, values)
            return None if is_true is None else _evaluate_node(then if is_true else otherwise, values)
    raise ValueError(f"This metric math is not implemented here: {ast.unparse(node)}")


def _apply_operator(kind: ast.AST, left: float | None, right: float | None) -> float | None:
    if isinstance(kind, ast.Add | ast.Sub) and not (left is None and right is None):
        left, right = left or 0.0, right or 0.0
    if left is None or right is None or (isinstance(kind, ast.Div) and right == 0):
        return None
    return float(_OPERATORS[type(kind)](left, right))
