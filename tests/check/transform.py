"""What SAM makes of template.yaml, as JSON on stdout: run by the Python of .venv-check, without a network.

    python transform.py template.yaml statemachine/grading.asl.yaml [Key=Value of a parameter …]

Local code is named by an S3 address, as it is after packing; the state machine's file stands in the template
itself, so that a linter sees it.
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
    # It says of a toggle that it is not set, which only AWS's own service could do.
    logging.getLogger("samtranslator.feature_toggle.feature_toggle").setLevel(logging.CRITICAL)
    session = boto3.Session(region_name="us-east-1")
    translator = Translator({}, Parser(), plugins=[], boto_session=session)
    json.dump(_joined(translator.translate(template, parameter_values=parameters)), sys.stdout, indent=1)


def _joined(translated: dict[str, Any]) -> dict[str, Any]:
    """The definition as one text: SAM joins it line by line, and the linter goes a call deeper for each line."""
    for body in translated["Resources"].values():
        written = body.get("Properties", {}).get("DefinitionString")
        if body["Type"] == "AWS::StepFunctions::StateMachine" and isinstance(written, dict):
            between, lines = written["Fn::Join"]
            body["Properties"]["DefinitionString"] = between.join(lines)
    return translated


if __name__ == "__main__":
    main(*sys.argv[1:])
