"""A release goes live: whatever changed, the alias of every function points to a new version of it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.cloud.stack import Stack
from release.release import deploy_command, release_hash
from tests.check.conftest import HERE, Tool
from tests.template.asl import ROOT
from tests.template.cloudformation import TEMPLATE, functions, parse, references

# All that looks at one build stays on one core, so that there is one.
pytestmark = pytest.mark.xdist_group("build")

Transformed = dict[str, Any]
_TIMEOUT = ("      Timeout: 840\n", "      Timeout: 830\n")


def _edit(root: Path, name: str, old: str, new: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


CHANGES: dict[str, tuple[Callable[[Path], object], dict[str, str]]] = {
    "code": (lambda root: _edit(root, "functions/core/platform/clock.py", '"""', '""" '), {}),
    "a layer": (lambda root: _edit(root, "layers/base/requirements.txt", "boto3==", "boto3===="), {}),
    "a timeout": (lambda root: _edit(root, "template.yaml", *_TIMEOUT), {}),
    "a parameter": (lambda root: None, {"Model": "another-model"}),
    "the flow": (
        lambda root: _edit(root, "statemachine/grading.asl.yaml", "TimeoutSeconds: 900", "TimeoutSeconds: 899"),
        {},
    ),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("functions", "layers", "statemachine"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TEMPLATE, tmp_path)
    return tmp_path


def _released(python: Tool, root: Path, parameters: dict[str, str], named: str | None = None) -> Transformed:
    name = release_hash(root, parameters) if named is None else named
    told = [f"{key}={value}" for key, value in {**parameters, "ReleaseHash": name}.items()]
    files = (root / "template.yaml", root / "statemachine" / "grading.asl.yaml")
    code, output = python.run(HERE / "transform.py", *files, *told)
    assert code == 0, output
    transformed: Transformed = json.loads(output)
    return transformed


def _live(transformed: Transformed) -> dict[str, str]:
    """The version that each function's alias points to."""
    return {
        body["Properties"]["FunctionName"]["Ref"]: body["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]
        for body in transformed["Resources"].values()
        if body["Type"] == "AWS::Lambda::Alias" and body["Properties"]["Name"] == "live"
    }


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_every_alias_moves(tools_python: Tool, checkout: Path, change: str) -> None:
    before = _live(_released(tools_python, checkout, {}))
    assert set(before) == {function.name for function in functions(parse(TEMPLATE.read_text(encoding="utf-8")))}
    edit, parameters = CHANGES[change]
    edit(checkout)
    after = _live(_released(tools_python, checkout, parameters))
    assert [name for name in before if before[name] == after[name]] == []


def test_nothing_moves_where_nothing_changed(tools_python: Tool, checkout: Path) -> None:
    assert _live(_released(tools_python, checkout, {})) == _live(_released(tools_python, checkout, {}))


def test_the_trap_is_real_without_the_hash_a_timeout_moves_nothing(tools_python: Tool, checkout: Path) -> None:
    before = _live(_released(tools_python, checkout, {}, named=""))
    _edit(checkout, "template.yaml", *_TIMEOUT)
    assert _live(_released(tools_python, checkout, {}, named="")) == before


def test_a_canary_is_taken_back_by_alarms(tools_python: Tool, checkout: Path) -> None:
    resources = _released(tools_python, checkout, {"Rollout": "Canary10Percent5Minutes"})["Resources"]
    groups = {name: body["Properties"] for name, body in resources.items() if body["Type"].endswith("DeploymentGroup")}
    assert len(groups) == len(functions(parse(TEMPLATE.read_text(encoding="utf-8"))))
    for name, group in groups.items():
        assert "Canary10Percent5Minutes" in json.dumps(group["DeploymentConfigName"]), name
        assert {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} <= set(group["AutoRollbackConfiguration"]["Events"])
        assert "FailedExecutionsAlarm" in _watched(group, resources)
    behind_the_api = {f"{name}DeploymentGroup" for name in _behind_the_api(resources)}
    assert behind_the_api
    assert behind_the_api == {name for name in groups if "ApiErrorsAlarm" in _watched(groups[name], resources)}


def _watched(group: dict[str, Any], resources: dict[str, Any]) -> set[str]:
    """The alarms that take a release of a deployment group back, each by its logical id or by its name."""
    alarms = {name: body for name, body in resources.items() if body["Type"] == "AWS::CloudWatch::Alarm"}
    by_name = {json.dumps(body["Properties"].get("AlarmName")): name for name, body in alarms.items()}
    named = [alarm["Name"] for alarm in group["AlarmConfiguration"]["Alarms"]]
    found = {name["Ref"] if "Ref" in name else by_name[json.dumps(name)] for name in named}
    assert found <= alarms.keys()
    return found


def _behind_the_api(resources: dict[str, Any]) -> set[str]:
    """The functions whose alias the API's own description names."""
    named = references(resources["Api"]["Properties"]["Body"])
    return {resources[name]["Properties"]["FunctionName"]["Ref"] for name in named if name.endswith("Aliaslive")}


def test_api_buckets_rules_and_the_flow_call_the_alias(transformed: Transformed) -> None:
    """As SAM writes it out: nobody is left who calls a function by its bare name."""
    names = {name for name, body in transformed["Resources"].items() if body["Type"] == "AWS::Lambda::Function"}
    callers = (
        "AWS::ApiGatewayV2::Api",
        "AWS::S3::Bucket",
        "AWS::Events::Rule",
        "AWS::Lambda::Permission",
        "AWS::StepFunctions::StateMachine",
        "AWS::IAM::Role",
        "AWS::Lambda::EventInvokeConfig",
    )
    for logical_id, body in transformed["Resources"].items():
        if body["Type"] == "AWS::Lambda::EventInvokeConfig":
            assert body["Properties"]["Qualifier"], logical_id
        elif body["Type"] in callers:
            assert references(body) & names == set(), logical_id


def test_sam_understands_the_command_that_deploys(tools_python: Tool) -> None:
    """The value with everything in it that SAM's own parser takes apart."""
    hard = "https://models.example/v1?a=b,c d"
    command = deploy_command("prod", {"Stage": "prod", "ModelBaseUrl": hard, "Model": ""})
    overrides = command[command.index("--parameter-overrides") + 1 :]
    parse_them = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType as Type; "
        "print(json.dumps(Type().convert(tuple(sys.argv[1:]), None, None)))"
    )
    code, output = tools_python.run("-c", parse_them, *overrides)
    assert code == 0, output
    understood = json.loads(output)
    assert len(understood.pop("ReleaseHash")) == 64
    assert understood == {"Stage": "prod", "ModelBaseUrl": hard, "Model": ""}


def test_the_local_clouds_resolver_agrees_with_sam(transformed: Transformed) -> None:
    stack = Stack(TEMPLATE, secret=str)
    for name, function in stack.functions.items():
        properties = transformed["Resources"][name]["Properties"]
        assert properties["Handler"] == function.handler
        assert properties["Timeout"] == function.timeout
        assert properties["MemorySize"] == function.memory
        assert set(properties["Environment"]["Variables"]) == set(function.environment)
