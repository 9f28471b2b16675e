"""The API's alarm, on what the real gateway counts: a release that breaks the API is seen, one that works is not.

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
    """A release whose code raises wherever a GET asks who it is."""
    with (functions / "core" / "platform" / "http.py").open("a", encoding="utf-8") as module:
        module.write(
            "\n\n_original = get_tenant\n\n\ndef get_tenant(app):\n"
            "    if app.current_event.http_method == 'GET':\n        raise RuntimeError('a release')\n"
            "    return _original(app)\n"
        )


def _cannot_be_loaded(functions: Path) -> None:
    """A release that misses a package."""
    (functions / "results" / "app.py").write_text("import a_package_that_no_layer_has\n", encoding="utf-8")


@contextmanager
def released(folder: Path, change: Callable[[Path], None] | None) -> Iterator[LocalCloud]:
    """The stack with its real handlers, as they are or changed."""
    template = TEMPLATE
    if change is not None:
        for name in ("functions", "statemachine"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        template = Path(shutil.copy(TEMPLATE, folder))
        change(folder / "functions")
    with LocalCloud(template=template, reader=BlankOcrEngine()) as cloud:
        yield cloud


def ask(cloud: LocalCloud, path: str) -> int:
    headers = {"Authorization": f"Bearer {cloud.token()}"}
    return requests.get(f"{cloud.api_url}{path}", headers=headers, timeout=60).status_code


def with_lambdas_errors(properties: dict[str, Any]) -> dict[str, Any]:
    """The alarm as it would be on what Lambda counts of the same function."""
    changed = deepcopy(properties)
    [errors] = [one for one in changed["Metrics"] if one["Id"] == "errors"]
    function = {"Name": "FunctionName", "Value": "gradeline-local-ResultsFunction"}
    errors["MetricStat"]["Metric"] = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": [function]}
    return changed


def lambda_errors(published: Published, cloud: LocalCloud) -> float:
    name = cloud.stack.functions["ResultsFunction"].name
    return sum(one.sum for one in published[Metric.of("AWS/Lambda", "Errors", FunctionName=name)].values())


@pytest.mark.parametrize(
    ("change", "raised"),
    [(_breaks_each_get, 0), (_cannot_be_loaded, REQUESTS)],
    ids=["raises inside its handler", "cannot be loaded"],
)
def test_a_release_that_breaks_the_api_sounds_its_alarm(
    tmp_path: Path, change: Callable[[Path], None], raised: int
) -> None:
    with released(tmp_path, change) as cloud:
        assert {ask(cloud, "/assessments") for _ in range(REQUESTS)} == {500}
        properties, published = cloud.stack.properties("ApiErrorsAlarm"), cloud.metrics.snapshot()
        assert {one.metric for one in metric_stats(properties)} <= published.keys()
        assert Alarm.of(properties).fires(published)
        # The blindness that this is about: the handler's exceptions are answers, and none of Lambda's errors.
        assert lambda_errors(published, cloud) == raised
        assert Alarm.of(with_lambdas_errors(properties)).fires(published) == bool(raised)


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with released(tmp_path_factory.mktemp("working"), None) as cloud:
        yield cloud


def test_a_release_that_works_does_not_whatever_is_asked_of_it(working: LocalCloud) -> None:
    assert {ask(working, "/assessments") for _ in range(REQUESTS)} == {200}
    assert {ask(working, "/submissions/nothing") for _ in range(REQUESTS)} == {404}
    assert requests.get(f"{working.api_url}/assessments", timeout=60).status_code == 401
    properties, published = working.stack.properties("ApiErrorsAlarm"), working.metrics.snapshot()
    assert {one.metric for one in metric_stats(properties)} <= published.keys()
    assert not Alarm.of(properties).fires(published)


def test_the_alarms_on_our_own_metrics_look_where_the_functions_write_them(working: LocalCloud) -> None:
    """Namespace and dimensions of an alarm on one side; on the other what a handler really writes."""
    working.invoke("RecoverFunction", {"action": "sweep", "after": None})
    written = set(_written(working.folder / "logs" / "RecoverFunction.log"))
    watched = {
        stat.metric
        for properties in working.stack.of_type("AWS::CloudWatch::Alarm").values()
        for stat in metric_stats(properties)
        if not stat.metric.namespace.startswith("AWS/")
    }
    assert watched == {Metric.of("Gradeline", "SweptStuck", service="gradeline-local")}
    assert watched <= written


def test_functions_write_the_stacks_name_with_their_metrics(working: LocalCloud) -> None:
    for function in ("ReceiveFunction", "ExtractFunction", "RecoverFunction"):
        working.invoke(function, {"action": "nothing that it knows"})
        written = set(_written(working.folder / "logs" / f"{function}.log"))
        assert written, function
        assert {(one.namespace, one.dimensions) for one in written} == {
            ("Gradeline", frozenset({("service", "gradeline-local")}))
        }


def _written(log: Path) -> Iterator[Metric]:
    """The metrics of a log in CloudWatch's embedded metric format."""
    for line in log.read_text(encoding="utf-8").splitlines():
        if '"CloudWatchMetrics"' not in line:
            continue
        document = json.loads(line[line.index("{") :])
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: document[name] for name in names}
                for metric in directive["Metrics"]:
                    yield Metric.of(directive["Namespace"], metric["Name"], **dimensions)
