"""What `make check` needs beside Python, found or skipped with a sentence that says what is missing.

Collected only when this folder is asked for by name: `make test` passes it by.
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
from tests.template.asl import ROOT, STATEMACHINE
from tests.template.cloudformation import TEMPLATE

HERE = Path(__file__).parent
TOOLS = ROOT / ".venv-check" / "bin"
# What pip and npm say when there is no index to be reached, which is this machine's fault and not the stack's.
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
    # A skip is no pass: each is listed at the end with its reason.
    if "s" not in config.option.reportchars:
        config.option.reportchars += "s"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    asked = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    if any(path == HERE or HERE in path.parents for path in asked):
        return None
    return True


@dataclass(frozen=True)
class Tool:
    """A program to run. `run` gives the exit code and all that was printed."""

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
    """Skip where a tool failed because it reached no package index."""
    for sign in _OFFLINE:
        if sign in output:
            pytest.skip(f"the package index cannot be reached ({sign})")


def _tool_path(name: str) -> str:
    path = TOOLS / name
    if not path.is_file():
        pytest.skip(f"{name} is not installed: `make check` puts it into .venv-check")
    return str(path)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An account that does not exist, and no word to anybody."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return kept | {
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(tmp_path_factory.mktemp("sam")),
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="session")
def tools_python(environment: dict[str, str]) -> Tool:
    """The Python that knows samtranslator and samcli."""
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
    """The interpreter that the functions run on in the cloud."""
    version = runtime_version(TEMPLATE)
    found = find_python(version)
    if found is None:
        pytest.skip(f"Python {version}, the functions' runtime, is neither on PATH nor installed by pyenv")
    return found


@pytest.fixture(scope="session")
def build(sam: Tool, tools_python: Tool, runtime_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` puts together from this checkout, for arm64 and the runtime's Python."""
    folder = tmp_path_factory.mktemp("built")
    path = f"{runtime_python.parent}{os.pathsep}{sam.environment['PATH']}"
    building = Tool(sam.command, {**sam.environment, "PATH": path})
    where = ("--build-dir", folder / "build", "--cache-dir", folder / "cache")
    code, output = building.run("build", "--template", TEMPLATE, *where)
    if code != 0:
        # SAM says the same of an index that is out of reach and of a pin that does not exist; pip tells them apart.
        pip = ("-m", "pip", "download", "--retries", "1", "--no-deps", "--no-cache-dir", "--dest", folder)
        skip_if_offline(tools_python.run(*pip, "textract-trp")[1])
    assert code == 0, output
    return folder / "build"


@pytest.fixture(scope="session")
def compiled(build: Path, tools_python: Tool) -> Path:
    """The same build after the step that compiles it."""
    code, output = tools_python.run(ROOT / "release" / "bytecode.py", build)
    assert code == 0, output
    return build


@pytest.fixture(scope="session")
def transformed(tools_python: Tool) -> dict[str, Any]:
    """The plain CloudFormation template that SAM makes of ours."""
    code, output = tools_python.run(HERE / "transform.py", TEMPLATE, STATEMACHINE)
    assert code == 0, output
    template: dict[str, Any] = json.loads(output)
    return template


@pytest.fixture(scope="session")
def node(environment: dict[str, str]) -> Tool:
    """Node with the packages of node/package-lock.json, installed beside them."""
    for name in ("node", "npm"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not on this machine")
    home = HERE / "node"
    npm = Tool(("npm",), environment)
    # Both cores may come here at once, and an installation takes away what lies there first.
    with (home / "package.json").open() as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        code, output = npm.run("ls", "--all", cwd=home)
        if code != 0:
            code, output = npm.run("ci", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts", cwd=home)
    if code != 0:
        skip_if_offline(output)
    assert code == 0, output
    return Tool(("node",), environment)
