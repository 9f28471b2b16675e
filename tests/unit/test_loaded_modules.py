"""Which packages each Lambda handler loads at start, and which it must not: each one adds to every cold start.

Every handler of the template is imported in a fresh interpreter. `benchmarks/imports.py` measures the times.
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
# By handler: the third-party packages besides SDK and Powertools, and whether it serves HTTP.
HANDLERS: dict[str, tuple[set[str], bool]] = {
    "receive.app.handler": (set(), True),
    "extract.app.handler": (set(), False),
    "extract.page_app.handler": (set(), True),
    "extract.job_app.handler": (set(), False),
    "persist.app.handler": (set(), False),
    # Prompt injections are searched for whichever way an answer is marked.
    "grade.app.handler": ({"rapidfuzz", "Stemmer"}, False),
    "results.app.handler": (set(), True),
    "results.feedback_app.handler": (set(), True),
    "recover.app.handler": (set(), False),
}
# Loaded only where needed, if at all: by the child process that opens files, at Textract's first response, for
# encrypted labels, for a model, for units, for a scheme in YAML.
NEVER_AT_START = (
    "pypdf", "pypdfium2", "PIL", "trp", "fontTools", "cryptography", "openai", "pint", "yaml", "python_multipart",
    # 390 ms, even if it is switched off: tracing does not need it (template.yaml, Tracing).
    "aws_xray_sdk",
    # Loaded when the first feedback sheet is drawn.
    "reportlab",
    # A dependency of two packages that no handler uses.
    "pydantic",
)  # fmt: skip
# Must not be loaded by a handler that serves no HTTP.
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
    """The loaded modules by handler; all interpreters run at the same time."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(HANDLERS, pool.map(modules_of, HANDLERS), strict=True))


def modules_of(handler: str) -> set[str]:
    process = subprocess.run(
        [sys.executable, "-c", _LOAD.format(module=handler.removesuffix(".handler"))],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "functions",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "functions"), "AWS_DEFAULT_REGION": "us-east-1"},
    )
    return set(json.loads(process.stdout))


def test_every_function_of_the_template_is_listed_here(stack: Stack) -> None:
    assert {function.handler for function in stack.functions.values()} == set(HANDLERS)


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_loads_only_what_it_needs(handler: str, loaded: dict[str, set[str]]) -> None:
    extra, serves_http = HANDLERS[handler]
    assert SDK - loaded[handler] == set(), "the handler does not load the SDK: is this still the handler?"
    assert third_party_packages(loaded[handler]) <= SDK | POWERTOOLS | extra
    forbidden = NEVER_AT_START if serves_http else (*NEVER_AT_START, *HTTP_ONLY)
    assert [name for name in forbidden if name in loaded[handler]] == []
    assert (RESOLVER in loaded[handler]) == serves_http


def test_every_forbidden_package_is_installed() -> None:
    ours = set(importlib.metadata.packages_distributions())
    assert {name.split(".")[0] for name in NEVER_AT_START} - ours <= {"aws_xray_sdk"}


def third_party_packages(modules: set[str]) -> set[str]:
    """Return the top-level packages that belong neither to Python nor to this repository."""
    ours = {path.name for path in (ROOT / "functions").iterdir() if path.is_dir()}
    installed = set(importlib.metadata.packages_distributions())
    return {name.split(".")[0] for name in modules} & installed - ours - set(sys.stdlib_module_names)
