"""Prints the CloudFormation template that SAM generates, as JSON. Run by the Python of .venv-check, without network.

    python transform.py template.yaml statemachine/grading.asl.yaml [PARAMETER=VALUE …]

Local code is given as an S3 URI, as after packaging. The state machine is embedded in the template, so that a linter
sees it.
"""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

_PACKED = "s3://packed/code.zip"


def main(template_path: str, machine_path: str, *given: str) -> None:
    template: dict[str, Any] = yaml_parse(Path(template_path).read_text(encoding="utf-8"))
    machine: dict[str, Any] = yaml_parse(Path(machine_path).read_text(encoding="utf-8"))
    template["Globals"]["Function"].pop("CodeUri", None)
    for body in template["Resources"].values():
        properties = body.get("Properties", {})
        if body["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = _PACKED
        elif body["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = _PACKED
        elif body["Type"] == "AWS::Serverless::StateMachine":
            del properties["DefinitionUri"]
            properties["Definition"] = machine
    parameters = {name: body["Default"] for name, body in template["Parameters"].items() if "Default" in body}
    parameters |= dict(pair.split("=", 1) for pair in given)
    # It warns of a feature toggle that is not set, which only AWS's own service could set.
    logging.getLogger("samtranslator.feature_toggle.feature_toggle").setLevel(logging.CRITICAL)
    session = boto3.Session(region_name="us-east-1")
    translator = Translator({}, Parser(), plugins=[], boto_session=session)
    json.dump(_join_definition(translator.translate(template, parameter_values=parameters)), sys.stdout, indent=1)


def _join_definition(translated: dict[str, Any]) -> dict[str, Any]:
    """The template with the definition as one string: SAM joins it by line, and the linter recurses once a line."""
    for body in translated["Resources"].values():
        definition = body.get("Properties", {}).get("DefinitionString")
        if body["Type"] == "AWS::StepFunctions::StateMachine" and isinstance(definition, dict):
            separator, lines = definition["Fn::Join"]
            body["Properties"]["DefinitionString"] = separator.join(lines)
    return translated


if __name__ == "__main__":
    main(*sys.argv[1:])
