"""Fixtures for the external tools of `make check`; a missing tool skips its tests with a reason.

The tests of this folder are collected only if it is named: `make test` leaves them out.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from release.bytecode import find_python, runtime_version
from release.openapi.build import build_if_stale
from tests.template.asl import ROOT, STATEMACHINE
from tests.template.cloudformation import TEMPLATE

HERE = Path(__file__).parent
TOOLS = ROOT / ".venv-check" / "bin"
# What pip and npm print when no package index can be reached, which is no fault of the code.
_OFFLINE = (
    "NewConnectionError",
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Max retries exceeded",
    "Network is unreachable",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "ENETUNREACH",
)


def pytest_configure(config: pytest.Config) -> None:
    # A skipped test has not passed: each is listed at the end with its reason.
    if "s" not in config.option.reportchars:
        config.option.reportchars += "s"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    requested = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    if any(path == HERE or HERE in path.parents for path in requested):
        return None
    return True


@dataclass(frozen=True)
class Tool:
    """A program to run. `run` returns the exit code and everything printed."""

    command: tuple[str, ...]
    environment: Mapping[str, str]

    def run(self, *arguments: str | Path, timeout: float = 170, cwd: Path = ROOT) -> tuple[int, str]:
        done = subprocess.run(
            [*self.command, *map(str, arguments)],
            cwd=cwd,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        return done.returncode, done.stdout


def skip_if_offline(output: str) -> None:
    """Skips the test if a tool failed because it could not reach a package index."""
    for message in _OFFLINE:
        if message in output:
            pytest.skip(f"the package index cannot be reached ({message})")


def _tool_path(name: str) -> str:
    path = TOOLS / name
    if not path.is_file():
        pytest.skip(f"{name} is not installed: `make check` installs it into .venv-check")
    return str(path)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables with a non-existent AWS account and without telemetry."""
    without_aws = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return without_aws | {
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(tmp_path_factory.mktemp("sam")),
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="session")
def tools_python(environment: dict[str, str]) -> Tool:
    """The Python with samtranslator and samcli."""
    _tool_path("sam")
    return Tool((_tool_path("python"),), environment)


@pytest.fixture(scope="session")
def sam(environment: dict[str, str]) -> Tool:
    return Tool((_tool_path("sam"),), environment)


@pytest.fixture(scope="session")
def cfn_lint(environment: dict[str, str]) -> Tool:
    return Tool((_tool_path("cfn-lint"),), environment)


@pytest.fixture(scope="session")
def runtime_python() -> Path:
    """The Python version that the functions run on in the cloud."""
    version = runtime_version(TEMPLATE)
    found = find_python(version)
    if found is None:
        pytest.skip(f"Python {version}, the functions' runtime, is neither on PATH nor installed by pyenv")
    return found


@pytest.fixture(scope="session")
def build(sam: Tool, tools_python: Tool, runtime_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of `sam build` for this checkout, for arm64 and the runtime's Python."""
    build_if_stale()
    folder = tmp_path_factory.mktemp("built")
    path = f"{runtime_python.parent}{os.pathsep}{sam.environment['PATH']}"
    sam_with_runtime = Tool(sam.command, {**sam.environment, "PATH": path})
    options = ("--build-dir", folder / "build", "--cache-dir", folder / "cache")
    code, output = sam_with_runtime.run("build", "--template", TEMPLATE, *options)
    if code != 0:
        # SAM reports an unreachable index and a pin that does not exist alike; pip distinguishes them.
        pip = ("-m", "pip", "download", "--retries", "1", "--no-deps", "--no-cache-dir", "--dest", folder)
        skip_if_offline(tools_python.run(*pip, "textract-trp")[1])
    assert code == 0, output
    return folder / "build"


@pytest.fixture(scope="session")
def compiled(build: Path, tools_python: Tool) -> Path:
    """The same build after its modules have been compiled."""
    code, output = tools_python.run(ROOT / "release" / "bytecode.py", build)
    assert code == 0, output
    return build


@pytest.fixture(scope="session")
def transformed(tools_python: Tool) -> dict[str, Any]:
    """The plain CloudFormation template that SAM generates from ours."""
    code, output = tools_python.run(HERE / "transform.py", TEMPLATE, STATEMACHINE)
    assert code == 0, output
    template: dict[str, Any] = json.loads(output)
    return template


@pytest.fixture(scope="session")
def node(environment: dict[str, str]) -> Tool:
    """Node with the packages of node/package-lock.json, installed in that folder."""
    for name in ("node", "npm"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    home = HERE / "node"
    npm = Tool(("npm",), environment)
    # Two workers may get here at the same time, and an installation first removes what is there.
    with (home / "package.json").open() as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        code, output = npm.run("ls", "--all", cwd=home)
        if code != 0:
            code, output = npm.run("ci", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", cwd=home)
    if code != 0:
        skip_if_offline(output)
    assert code == 0, output
    return Tool(("node",), environment)
