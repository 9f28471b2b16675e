"""The deployed code contains bytecode that the runtime uses unchanged: no cold start compiles anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.check.conftest import Tool
from tests.template.asl import ROOT

# All tests that use the build run in one worker, so that there is only one build.
pytestmark = pytest.mark.xdist_group("build")

_STEP = ROOT / "release" / "bytecode.py"


def test_every_module_of_code_and_layers_is_compiled_for_the_runtime(compiled: Path, tools_python: Tool) -> None:
    code, output = tools_python.run(_STEP, "--check", compiled)
    assert code == 0, output


def test_the_runtime_runs_the_bytecode_without_checking_the_source(
    compiled: Path, runtime_python: Path, tmp_path: Path
) -> None:
    """With a source that would fail, the module is still imported from its bytecode."""
    task = tmp_path / "task"
    shutil.copytree(compiled / "PersistFunction", task)
    (task / "core" / "models" / "errors.py").write_text("raise SystemExit('compiled again')\n", encoding="utf-8")
    printed = _run(
        runtime_python,
        "import core.models.errors; print(core.models.errors.EmptyFile.__doc__, core.models.errors.__file__)",
        task,
    )
    assert printed == f"0 bytes. {task}/core/models/errors.py"


def test_the_bytecode_names_its_sources_where_lambda_mounts_them(compiled: Path, runtime_python: Path) -> None:
    """So an import need not correct file names, and no path of the build machine is shipped."""
    program = "import marshal, sys; print(marshal.loads(open(sys.argv[1], 'rb').read()[16:]).co_filename)"
    for folder, mounted in (("PersistFunction/core", "/var/task/core"), ("ExtractLayer/python/trp", "/opt/python/trp")):
        [bytecode] = (compiled / folder).glob("__pycache__/__init__.*.pyc")
        done = subprocess.run([runtime_python, "-c", program, bytecode], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == f"{mounted}/__init__.py"


def test_functions_with_the_same_code_are_identical(compiled: Path) -> None:
    """Separately compiled and still identical: one upload serves all functions, and builds can be compared."""
    first, second = compiled / "PersistFunction", compiled / "GradeFunction"
    files = sorted(path.relative_to(first) for path in first.glob("**/*") if path.is_file())
    assert any(path.suffix == ".pyc" for path in files)
    assert files == sorted(path.relative_to(second) for path in second.glob("**/*") if path.is_file())
    assert [path for path in files if (first / path).read_bytes() != (second / path).read_bytes()] == []


def test_the_bytecode_is_in_the_archive_that_sam_uploads(compiled: Path, tools_python: Tool, tmp_path: Path) -> None:
    """Packed by SAM's own function, as by `sam deploy` and `sam package`."""
    pack = (
        "import sys; from samcli.lib.package.utils import make_zip_with_lambda_permissions as pack; "
        "print(pack(sys.argv[1], sys.argv[2]))"
    )
    code, output = tools_python.run("-c", pack, tmp_path / "code", compiled / "PersistFunction")
    assert code == 0, output
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(output.strip().splitlines()[-1], unpacked, "zip")
    modules = list(unpacked.glob("**/*.py"))
    assert modules
    assert len(list(unpacked.glob("**/*.pyc"))) == len(modules)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (lambda compiled, source: compiled.unlink(), "has no bytecode"),
        (lambda compiled, source: compiled.write_bytes(b"\x00" * 16), "would be checked and compiled again"),
        (lambda compiled, source: source.write_text("x = 1\n"), "is not of the source next to it"),
    ],
)
def test_missing_and_stale_bytecode_is_found(build_of_one: Path, tools_python: Tool, fault, says: str) -> None:  # type: ignore[no-untyped-def]
    source = build_of_one / "OneFunction" / "one.py"
    [bytecode] = source.parent.glob("__pycache__/one.*.pyc")
    fault(bytecode, source)
    code, output = tools_python.run(_STEP, "--check", build_of_one)
    assert code == 1
    assert says in output


def test_a_module_that_cannot_be_compiled_stops_the_release(build_of_one: Path, tools_python: Tool) -> None:
    (build_of_one / "OneFunction" / "two.py").write_text("def broken(:\n", encoding="utf-8")
    code, output = tools_python.run(_STEP, build_of_one)
    assert code == 1
    assert "two.py" in output


def test_a_folder_that_is_no_build_is_refused_with_a_sentence(tools_python: Tool, tmp_path: Path) -> None:
    code, output = tools_python.run(_STEP, tmp_path)
    assert code == 1
    assert "is not the output of `sam build`" in output
    assert "Traceback" not in output


@pytest.fixture
def build_of_one(runtime_python: Path, tools_python: Tool, tmp_path: Path) -> Path:
    """A build of one function of one module, compiled."""
    version = runtime_python.name.removeprefix("python")
    code = tmp_path / "build" / "OneFunction"
    code.mkdir(parents=True)
    (code / "one.py").write_text("ONE = 1\n", encoding="utf-8")
    template = f"Resources:\n  OneFunction:\n    Properties:\n      Runtime: python{version}\n"
    (code.parent / "template.yaml").write_text(template, encoding="utf-8")
    done, output = tools_python.run(_STEP, code.parent)
    assert done == 0, output
    return code.parent


def _run(python: Path, program: str, *folders: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([python, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()
