"""Which packages each function loads when it starts, and which it must not: every one of them costs each cold start.

The door of every function of the template is imported in a fresh interpreter. Timings are in `benchmarks/imports.py`.
"""

import importlib.metadata
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.cloud.local_cloud import ROOT
from local.cloud.stack import Stack

SDK = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3", "certifi"}
POWERTOOLS = {"aws_lambda_powertools", "typing_extensions"}
RESOLVER = "aws_lambda_powertools.event_handler.api_gateway"
# By handler: the packages from elsewhere beside SDK and Powertools, and whether the door speaks HTTP.
DOORS: dict[str, tuple[set[str], bool]] = {
    "receive.app.handler": (set(), True),
    "extract.app.handler": (set(), False),
    "extract.page_app.handler": (set(), True),
    "extract.job_app.handler": (set(), False),
    "persist.app.handler": (set(), False),
    # Attacks are looked for in whatever way an answer is marked.
    "grade.app.handler": ({"rapidfuzz", "Stemmer"}, False),
    "results.app.handler": (set(), True),
    "results.feedback_app.handler": (set(), True),
    "recover.app.handler": (set(), False),
}
# What is loaded on its own path alone, if at all: by the child that opens files, by the first answer of Textract, for
# sealed labels, for a model, for units, for a scheme in YAML.
NEVER_AT_START = (
    "pypdf", "pypdfium2", "PIL", "trp", "fontTools", "cryptography", "openai", "pint", "yaml", "python_multipart",
    # 390 ms, even where it is switched off: traces need none of it (template.yaml, Tracing).
    "aws_xray_sdk",
    # Drawing feedback sheets, by the first that is drawn.
    "reportlab",
    # Pydantic comes with two packages and is used by neither door.
    "pydantic",
)  # fmt: skip
# Where there is no HTTP, none of this either.
HTTP_ONLY = (RESOLVER, "asyncio")
_LOAD = """
import json, sys
before = set(sys.modules)
import {module}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack(ROOT / "template.yaml", secret=lambda _: "secret")


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """The modules by handler, all interpreters at once."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(DOORS, pool.map(modules_of, DOORS), strict=True))


def modules_of(handler: str) -> set[str]:
    ended = subprocess.run(
        [sys.executable, "-c", _LOAD.format(module=handler.removesuffix(".handler"))],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "functions",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "functions"), "AWS_DEFAULT_REGION": "us-east-1"},
    )
    return set(json.loads(ended.stdout))


def test_every_function_of_the_template_has_its_line_here(stack: Stack) -> None:
    assert {function.handler for function in stack.functions.values()} == set(DOORS)


@pytest.mark.parametrize("handler", DOORS)
def test_a_door_loads_what_its_path_needs_and_nothing_else(handler: str, loaded: dict[str, set[str]]) -> None:
    extra, speaks_http = DOORS[handler]
    assert SDK - loaded[handler] == set(), "the door does not load the SDK: is this still the door?"
    assert from_elsewhere(loaded[handler]) <= SDK | POWERTOOLS | extra
    forbidden = NEVER_AT_START if speaks_http else (*NEVER_AT_START, *HTTP_ONLY)
    assert [name for name in forbidden if name in loaded[handler]] == []
    assert (RESOLVER in loaded[handler]) == speaks_http


def test_each_package_that_is_kept_out_is_there_to_be_kept_out() -> None:
    ours = set(importlib.metadata.packages_distributions())
    assert {name.split(".")[0] for name in NEVER_AT_START} - ours <= {"aws_xray_sdk"}


def from_elsewhere(modules: set[str]) -> set[str]:
    """Top-level names of what is neither Python's own nor of this repository."""
    ours = {path.name for path in (ROOT / "functions").iterdir() if path.is_dir()}
    installed = set(importlib.metadata.packages_distributions())
    return {name.split(".")[0] for name in modules} & installed - ours - set(sys.stdlib_module_names)
