"""SAM accepts and builds the template, and the generated template has no lint finding and no cycle."""

import json
from pathlib import Path
from typing import Any

import pytest

from release.openapi import document
from tests.check.conftest import Tool
from tests.template.asl import Machine
from tests.template.cloudformation import TEMPLATE, functions, references
from tests.template.cloudformation import parse as parse_template
from tests.template.dependency_checks import cycle
from tests.template.state_machine import load_state_machine

# All tests that use the build run in one worker, so that there is only one build.
pytestmark = pytest.mark.xdist_group("build")

# Lambda's own limit: a function's code and all its layers, unpacked.
_UNPACKED_BYTES = 250 * 1024 * 1024
_CONSUMED_BY_SAM = {"Rollout", "ReleaseHash"}


def test_sam_accepts_the_template(sam: Tool) -> None:
    code, output = sam.run("validate", "--lint", "--template", TEMPLATE)
    assert code == 0, output
    assert "is a valid SAM Template" in output


def test_sam_builds_every_function_and_layer(build: Path) -> None:
    template = parse_template(TEMPLATE.read_text(encoding="utf-8"))
    kinds = ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion")
    wanted = {name for name, body in template["Resources"].items() if body["Type"] in kinds}
    assert {path.name for path in build.iterdir() if path.is_dir()} == wanted
    for function in functions(template):
        module = function.properties["Handler"].rpartition(".")[0].replace(".", "/")
        assert (build / function.name / f"{module}.py").is_file()


def test_the_build_includes_the_api_description(build: Path) -> None:
    assert (build / "ResultsFunction" / "results" / "openapi.json").read_text(encoding="utf-8") == document.text()


def test_native_code_is_built_for_arm(build: Path) -> None:
    libraries = [path for path in build.glob("**/*.so*") if path.is_file()]
    assert libraries, "the layers bring compiled code"
    # e_machine of an ELF header: 0xB7 is AArch64.
    wrong = [str(path) for path in libraries if path.read_bytes()[18:20] != b"\xb7\x00"]
    assert wrong == []


def test_no_function_exceeds_lambdas_size_limit(compiled: Path) -> None:
    template = parse_template(TEMPLATE.read_text(encoding="utf-8"))
    for function in functions(template):
        folders = [function.name, *(layer["Ref"] for layer in function.properties["Layers"])]
        assert sum(_size(compiled / name) for name in folders) < _UNPACKED_BYTES, function.name


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("**/*") if path.is_file())


def test_the_transformed_template_lints_without_a_warning(
    cfn_lint: Tool, transformed: dict[str, Any], tmp_path: Path
) -> None:
    # SAM consumes these two: the generated template holds their values and no longer refers to them.
    parameters = {name: body for name, body in transformed["Parameters"].items() if name not in _CONSUMED_BY_SAM}
    assert parameters.keys() | _CONSUMED_BY_SAM == transformed["Parameters"].keys()
    assert _lint(cfn_lint, {**transformed, "Parameters": parameters}, tmp_path) == []


def test_the_transformed_template_has_no_cycle(transformed: dict[str, Any]) -> None:
    assert cycle(_dependencies(transformed)) == []


def test_a_cycle_in_a_transformed_template_is_found(
    cfn_lint: Tool, transformed: dict[str, Any], tmp_path: Path
) -> None:
    """The bucket notifies the function, and the function refers to the bucket by !Ref."""
    broken = json.loads(json.dumps(transformed))
    variables = broken["Resources"]["ReceiveFunction"]["Properties"]["Environment"]["Variables"]
    variables["TEMP_BUCKET"] = {"Ref": "TempBucket"}
    assert {"ReceiveFunction", "TempBucket"} <= set(cycle(_dependencies(broken)))
    assert any(fault.startswith("E3004") for fault in _lint(cfn_lint, broken, tmp_path))


def test_a_deployment_that_refers_to_its_apis_alarm_is_found(transformed: dict[str, Any]) -> None:
    """The alarm refers to the API, the API to the functions' aliases, and these wait for deployments."""
    broken = json.loads(json.dumps(transformed))
    group = broken["Resources"]["PageFunctionDeploymentGroup"]["Properties"]
    group["AlarmConfiguration"]["Alarms"] = [{"Name": {"Ref": "ApiErrorsAlarm"}}]
    assert {"Api", "ApiErrorsAlarm", "PageFunctionDeploymentGroup"} <= set(cycle(_dependencies(broken)))


def _dependencies(template: dict[str, Any]) -> dict[str, set[str]]:
    resources = template["Resources"]
    return {name: references(body) & resources.keys() for name, body in resources.items()}


def test_the_state_machine_lints_as_a_separate_resource(cfn_lint: Tool, tmp_path: Path) -> None:
    assert _lint(cfn_lint, _as_resource(load_state_machine().deployed()), tmp_path) == []


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (("Grade", "Resource", None), "'Resource' is a required property"),
        (("Grade", "TimeoutSeconds", "soon"), "'soon' is not of type"),
        (("Done", "Type", "Success"), "'Success' is not one of"),
    ],
)
def test_a_broken_state_machine_is_found_by_the_linter(
    cfn_lint: Tool, tmp_path: Path, fault: tuple[str, str, str | None], says: str
) -> None:
    state, field, value = fault
    broken = load_state_machine().deployed()
    broken["States"][state].pop(field)
    if value is not None:
        broken["States"][state][field] = value
    found = _lint(cfn_lint, _as_resource(broken), tmp_path)
    assert any(sentence.startswith("E3601") and says in sentence for sentence in found), found


def _as_resource(machine: Machine) -> dict[str, Any]:
    properties = {"RoleArn": "arn:aws:iam::123456789012:role/flow", "Definition": machine}
    return {"Resources": {"Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}


def _lint(cfn_lint: Tool, template: dict[str, Any], folder: Path) -> list[str]:
    """The linter's errors and warnings, each as "E3004 sentence"."""
    path = folder / "template.json"
    path.write_text(json.dumps(template, indent=1), encoding="utf-8")
    _, output = cfn_lint.run("--format", "json", "--template", path)
    return [f"{fault['Rule']['Id']} {fault['Message']}" for fault in json.loads(output)]
