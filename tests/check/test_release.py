"""A release moves the alias of every function to a new version, whatever has changed."""

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

# All tests that use the build run in one worker, so that there is only one build.
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
    "the state machine": (
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


def _transform_release(
    python: Tool, root: Path, parameters: dict[str, str], forced_hash: str | None = None
) -> Transformed:
    hash_value = release_hash(root, parameters) if forced_hash is None else forced_hash
    given = [f"{key}={value}" for key, value in {**parameters, "ReleaseHash": hash_value}.items()]
    files = (root / "template.yaml", root / "statemachine" / "grading.asl.yaml")
    code, output = python.run(HERE / "transform.py", *files, *given)
    assert code == 0, output
    transformed: Transformed = json.loads(output)
    return transformed


def _live_versions(transformed: Transformed) -> dict[str, str]:
    """The version that each function's alias points to."""
    return {
        body["Properties"]["FunctionName"]["Ref"]: body["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]
        for body in transformed["Resources"].values()
        if body["Type"] == "AWS::Lambda::Alias" and body["Properties"]["Name"] == "live"
    }


@pytest.mark.parametrize("change", CHANGES)
def test_every_kind_of_change_moves_every_alias(tools_python: Tool, checkout: Path, change: str) -> None:
    before = _live_versions(_transform_release(tools_python, checkout, {}))
    assert set(before) == {function.name for function in functions(parse(TEMPLATE.read_text(encoding="utf-8")))}
    edit, parameters = CHANGES[change]
    edit(checkout)
    after = _live_versions(_transform_release(tools_python, checkout, parameters))
    assert [name for name in before if before[name] == after[name]] == []


def test_no_alias_moves_without_a_change(tools_python: Tool, checkout: Path) -> None:
    assert _live_versions(_transform_release(tools_python, checkout, {})) == _live_versions(
        _transform_release(tools_python, checkout, {})
    )


def test_without_the_hash_a_changed_timeout_moves_no_alias(tools_python: Tool, checkout: Path) -> None:
    before = _live_versions(_transform_release(tools_python, checkout, {}, forced_hash=""))
    _edit(checkout, "template.yaml", *_TIMEOUT)
    assert _live_versions(_transform_release(tools_python, checkout, {}, forced_hash="")) == before


def test_alarms_roll_a_canary_back(tools_python: Tool, checkout: Path) -> None:
    resources = _transform_release(tools_python, checkout, {"Rollout": "Canary10Percent5Minutes"})["Resources"]
    groups = {name: body["Properties"] for name, body in resources.items() if body["Type"].endswith("DeploymentGroup")}
    assert len(groups) == len(functions(parse(TEMPLATE.read_text(encoding="utf-8"))))
    for name, group in groups.items():
        assert "Canary10Percent5Minutes" in json.dumps(group["DeploymentConfigName"]), name
        assert {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} <= set(group["AutoRollbackConfiguration"]["Events"])
        assert "FailedExecutionsAlarm" in _rollback_alarms(group, resources)
    api_groups = {f"{name}DeploymentGroup" for name in _api_functions(resources)}
    assert api_groups
    assert api_groups == {name for name in groups if "ApiErrorsAlarm" in _rollback_alarms(groups[name], resources)}


def _rollback_alarms(group: dict[str, Any], resources: dict[str, Any]) -> set[str]:
    """The logical ids of the alarms that roll a deployment group back, which names them by id or by name."""
    alarms = {name: body for name, body in resources.items() if body["Type"] == "AWS::CloudWatch::Alarm"}
    by_name = {json.dumps(body["Properties"].get("AlarmName")): name for name, body in alarms.items()}
    named = [alarm["Name"] for alarm in group["AlarmConfiguration"]["Alarms"]]
    found = {name["Ref"] if "Ref" in name else by_name[json.dumps(name)] for name in named}
    assert found <= alarms.keys()
    return found


def _api_functions(resources: dict[str, Any]) -> set[str]:
    """The functions whose alias the API's OpenAPI definition names."""
    named = references(resources["Api"]["Properties"]["Body"])
    return {resources[name]["Properties"]["FunctionName"]["Ref"] for name in named if name.endswith("Aliaslive")}


def test_every_caller_uses_the_alias(transformed: Transformed) -> None:
    """In the generated template no caller refers to a function without its alias."""
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


def test_sam_parses_the_deploy_command(tools_python: Tool) -> None:
    """With a value that has all characters at which SAM's own parser splits."""
    hard = "https://models.example/v1?a=b,c d"
    command = deploy_command("prod", {"Stage": "prod", "ModelBaseUrl": hard, "Model": ""})
    overrides = command[command.index("--parameter-overrides") + 1 :]
    program = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType as Type; "
        "print(json.dumps(Type().convert(tuple(sys.argv[1:]), None, None)))"
    )
    code, output = tools_python.run("-c", program, *overrides)
    assert code == 0, output
    parsed = json.loads(output)
    assert len(parsed.pop("ReleaseHash")) == 64
    assert parsed == {"Stage": "prod", "ModelBaseUrl": hard, "Model": ""}


def test_the_local_stack_agrees_with_sam(transformed: Transformed) -> None:
    stack = Stack(TEMPLATE, secret=str)
    for name, function in stack.functions.items():
        properties = transformed["Resources"][name]["Properties"]
        assert properties["Handler"] == function.handler
        assert properties["Timeout"] == function.timeout
        assert properties["MemorySize"] == function.memory
        assert set(properties["Environment"]["Variables"]) == set(function.environment)
