"""The template resolver implements CloudFormation's functions and rejects what it does not support."""

from pathlib import Path
from typing import Any

import pytest

from local.cloud.template import Template, TemplateError, load

PSEUDO = {"AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012", "AWS::StackName": "stack"}


def resolved(text: str, tmp_path: Path, node: str = "Value", **parameters: str) -> Any:
    """Returns the resolved property `node` of the resource R in a template that starts with `text`."""
    path = tmp_path / "template.yaml"
    path.write_text(text, encoding="utf-8")
    template = Template(
        load(path),
        parameters=parameters,
        pseudo=PSEUDO,
        reference=lambda name: f"id-of-{name}",
        attribute=lambda name, attribute: f"{attribute}-of-{name}",
        secret=lambda arn: f"secret({arn})",
    )
    return template.resolve(template.properties("R")[node])


def template_with(value: str, head: str = "") -> str:
    return (
        f"{head}\nResources:\n  R:\n    Type: AWS::Thing\n    Properties:\n      Value: {value}\n  Other: {{Type: X}}\n"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("!Ref Other", "id-of-Other"),
        ("!Ref AWS::Region", "eu-west-1"),
        ("!GetAtt Other.Arn", "Arn-of-Other"),
        ("!GetAtt [Other, Arn]", "Arn-of-Other"),
        ('!Sub "${AWS::StackName}-${Other}-${Other.Arn}"', "stack-id-of-Other-Arn-of-Other"),
        ('!Sub "literal ${!Not} kept"', "literal ${Not} kept"),
        ('!Sub ["${A}/${Other}", {A: !Ref AWS::Region}]', "eu-west-1/id-of-Other"),
        ('!Join ["-", [a, !Ref Other, 3]]', "a-id-of-Other-3"),
        ("!Select [1, [a, b]]", "b"),
        ("[a, !Ref AWS::NoValue, b]", ["a", "b"]),
        ("{A: 1, B: !Ref AWS::NoValue}", {"A": 1}),
        ("true", True),
        (
            '"{{resolve:secretsmanager:arn:aws:secretsmanager:r:1:secret:n:SecretString}}"',
            "secret(arn:aws:secretsmanager:r:1:secret:n)",
        ),
        ('!Sub "{{resolve:secretsmanager:${Other}:SecretString}}"', "secret(id-of-Other)"),
    ],
)
def test_each_function_returns_what_cloudformation_returns(value: str, expected: Any, tmp_path: Path) -> None:
    assert resolved(template_with(value), tmp_path) == expected


def test_parameters_have_defaults_and_can_be_overridden(tmp_path: Path) -> None:
    text = template_with("!Ref P", "Parameters: {P: {Type: String, Default: plain}}")
    assert resolved(text, tmp_path) == "plain"
    assert resolved(text, tmp_path, P="given") == "given"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('!Equals [!Ref P, "a"]', True),
        ('!Not [!Equals [!Ref P, "a"]]', False),
        ('!And [!Equals [!Ref P, "a"], !Equals [!Ref AWS::Region, eu-west-1]]', True),
        ('!Or [!Equals [!Ref P, "b"], !Equals [!Ref AWS::Region, us-east-1]]', False),
        ("!Equals [!Ref N, 0]", True),
        ("!Not [!Condition Other]", False),
    ],
)
def test_conditions_select_values(condition: str, holds: bool, tmp_path: Path) -> None:
    head = (
        "Parameters: {P: {Type: String, Default: a}, N: {Type: Number, Default: '0'}}\n"
        f"Conditions:\n  C: {condition}\n  Other: !Equals [1, 1]"
    )
    text = template_with("!If [C, it-holds, it-does-not]", head)
    assert resolved(text, tmp_path) == ("it-holds" if holds else "it-does-not")


def test_a_resource_whose_condition_is_false_does_not_exist(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        "Conditions: {Never: !Equals [1, 2]}\nResources:\n  R: {Type: X, Condition: Never}\n  S: {Type: X}\n"
    )
    template = Template(load(path), parameters={}, pseudo={}, reference=str, attribute=lambda *_: "", secret=str)
    assert template.of_type("X") == ["S"]


def test_mappings_are_looked_up(tmp_path: Path) -> None:
    head = "Mappings: {Quota: {eu-west-1: {Tps: 5}}}"
    assert resolved(template_with("!FindInMap [Quota, !Ref AWS::Region, Tps]", head), tmp_path) == 5


def test_globals_are_merged_under_each_function(tmp_path: Path) -> None:
    text = """
Globals:
  Function:
    Timeout: 3
    Environment: {Variables: {A: global, B: global}}
    Layers: [one]
Resources:
  R:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 9
      Environment: {Variables: {B: own}}
      Layers: [two]
"""
    assert resolved(text, tmp_path, "Timeout") == 9
    assert resolved(text, tmp_path, "Environment") == {"Variables": {"A": "global", "B": "own"}}
    assert resolved(text, tmp_path, "Layers") == ["one", "two"]


@pytest.mark.parametrize(
    "value", ["!Cidr [a, b]", "!Ref Nothing", '!Sub "${Nothing}"', "!If [NoCondition, 1, 2]", "!FindInMap [a, b, c]"]
)
def test_unsupported_values_are_rejected_with_an_explanation(value: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"\.$"):
        resolved(template_with(value), tmp_path)


def test_an_unknown_parameter_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="Modle"):
        resolved(template_with("1"), tmp_path, Modle="x")
