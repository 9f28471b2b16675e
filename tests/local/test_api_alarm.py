"""The API's alarm, on the real API's metrics: it fires for a release that breaks the API and for no other.

The alarm is read from template.yaml and evaluated as CloudWatch does (tests/template/alarm_evaluation.py).
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import requests

from local.cloud.local_cloud import TEMPLATE, LocalCloud
from local.cloud.metrics import Metric
from tests.local.fakes import ROOT, BlankOcrEngine
from tests.template.alarm_evaluation import Alarm, Published, metric_stats

REQUESTS = 12


def _breaks_each_get(functions: Path) -> None:
    """A release whose code raises wherever a GET request asks for its tenant."""
    with (functions / "core" / "platform" / "http.py").open("a", encoding="utf-8") as module:
        module.write(
            "\n\n_original = get_tenant\n\n\ndef get_tenant(app):\n"
            "    if app.current_event.http_method == 'GET':\n        raise RuntimeError('a release')\n"
            "    return _original(app)\n"
        )


def _cannot_be_loaded(functions: Path) -> None:
    """A release that lacks a package."""
    (functions / "results" / "app.py").write_text("import a_package_that_no_layer_has\n", encoding="utf-8")


@contextmanager
def released(folder: Path, change: Callable[[Path], None] | None) -> Iterator[LocalCloud]:
    """Runs the stack with its real handlers, changed if `change` is given."""
    template = TEMPLATE
    if change is not None:
        for name in ("functions", "statemachine"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        template = Path(shutil.copy(TEMPLATE, folder))
        change(folder / "functions")
    with LocalCloud(template=template, reader=BlankOcrEngine()) as cloud:
        yield cloud


def get_status(cloud: LocalCloud, path: str) -> int:
    headers = {"Authorization": f"Bearer {cloud.token()}"}
    return requests.get(f"{cloud.api_url}{path}", headers=headers, timeout=60).status_code


def with_lambda_errors(properties: dict[str, Any]) -> dict[str, Any]:
    """The alarm as it would be if it used Lambda's error count of the same function."""
    changed = deepcopy(properties)
    [errors] = [metric for metric in changed["Metrics"] if metric["Id"] == "errors"]
    function = {"Name": "FunctionName", "Value": "gradeline-local-ResultsFunction"}
    errors["MetricStat"]["Metric"] = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [function]}
    return changed


def lambda_errors(published: Published, cloud: LocalCloud) -> float:
    name = cloud.stack.functions["ResultsFunction"].name
    return sum(minute.sum for minute in published[Metric.create("AWS/Lambda", "Errors", FunctionName=name)].values())


@pytest.mark.parametrize(
    ("change", "raised"),
    [(_breaks_each_get, 0), (_cannot_be_loaded, REQUESTS)],
    ids=["raises inside its handler", "cannot be loaded"],
)
def test_a_release_that_breaks_the_api_fires_its_alarm(
    tmp_path: Path, change: Callable[[Path], None], raised: int
) -> None:
    with released(tmp_path, change) as cloud:
        assert {get_status(cloud, "/assessments") for _ in range(REQUESTS)} == {500}
        properties, published = cloud.stack.properties("ApiErrorsAlarm"), cloud.metrics.snapshot()
        assert {stat.metric for stat in metric_stats(properties)} <= published.keys()
        assert Alarm.of(properties).fires(published)
        # Why the alarm does not use Lambda's errors: exceptions inside the handler become responses, not errors.
        assert lambda_errors(published, cloud) == raised
        assert Alarm.of(with_lambda_errors(properties)).fires(published) == bool(raised)


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with released(tmp_path_factory.mktemp("working"), None) as cloud:
        yield cloud


def test_a_working_release_never_fires_the_alarm(working: LocalCloud) -> None:
    assert {get_status(working, "/assessments") for _ in range(REQUESTS)} == {200}
    assert {get_status(working, "/submissions/nothing") for _ in range(REQUESTS)} == {404}
    assert requests.get(f"{working.api_url}/assessments", timeout=60).status_code == 401
    properties, published = working.stack.properties("ApiErrorsAlarm"), working.metrics.snapshot()
    assert {stat.metric for stat in metric_stats(properties)} <= published.keys()
    assert not Alarm.of(properties).fires(published)


def test_alarms_on_our_own_metrics_use_the_names_that_functions_log(working: LocalCloud) -> None:
    """Compares namespace and dimensions of the alarms with what a handler really logs."""
    working.invoke("RecoverFunction", {"action": "sweep", "after": None})
    written = set(_logged_metrics(working.folder / "logs" / "RecoverFunction.log"))
    watched = {
        stat.metric
        for properties in working.stack.of_type("AWS::CloudWatch::Alarm").values()
        for stat in metric_stats(properties)
        if not stat.metric.namespace.startswith("AWS/")
    }
    assert watched == {Metric.create("Gradeline", "SweptStuck", service="gradeline-local")}
    assert watched <= written


def test_functions_log_the_stack_name_with_their_metrics(working: LocalCloud) -> None:
    for function in ("ReceiveFunction", "ExtractFunction", "RecoverFunction"):
        working.invoke(function, {"action": "nothing that it knows"})
        written = set(_logged_metrics(working.folder / "logs" / f"{function}.log"))
        assert written, function
        assert {(metric.namespace, metric.dimensions) for metric in written} == {
            ("Gradeline", frozenset({("service", "gradeline-local")}))
        }


def _logged_metrics(log: Path) -> Iterator[Metric]:
    """Yields the metrics in a log, which has CloudWatch's embedded metric format."""
    for line in log.read_text(encoding="utf-8").splitlines():
        if '"CloudWatchMetrics"' not in line:
            continue
        document = json.loads(line[line.index("{") :])
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: document[name] for name in names}
                for metric in directive["Metrics"]:
                    yield Metric.create(directive["Namespace"], metric["Name"], **dimensions)
