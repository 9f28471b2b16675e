"""The command line as a process: exit codes, a closed pipe, Ctrl-C."""

import signal
import socket
import subprocess
import time
from pathlib import Path
from subprocess import PIPE

import pytest

from local.cli.main import main
from tests.cli.program import ROOT, environment, gradeline
from tests.processes import running_program, wait_for_group_exit


@pytest.mark.parametrize(
    "arguments",
    [[], ["mark"], ["grade"], ["demo", "--port", "99999"], ["serve", "--port", "x"], ["grade", "--pap", "x", "y"]],
)
def test_unknown_arguments_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as completed:
        main(arguments)

    assert completed.value.code == 2
    assert "usage: gradeline" in capsys.readouterr().err


def test_a_closed_pipe_prints_no_error(small_paper: Path) -> None:
    running = subprocess.Popen(
        gradeline("questions", small_paper), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT
    )
    assert running.stdout and running.stderr
    running.stdout.close()
    error = running.stderr.read()

    assert running.wait(30) == 141
    assert error == b""


def test_a_taken_port_prints_a_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        completed = subprocess.run(
            gradeline("demo", "--port", port), capture_output=True, text=True, env=environment(), cwd=ROOT, check=False
        )

    assert completed.returncode == 2
    assert f"Port {port}" in completed.stderr and "Traceback" not in completed.stderr


def test_ctrl_c_ends_serve_and_all_its_processes(tmp_path: Path) -> None:
    serve = gradeline("serve", "--port", 0, "--folder", tmp_path / "here")
    with running_program(serve, stdout=PIPE, stderr=PIPE, env=environment(), cwd=ROOT) as running:
        assert running.stdout
        first = running.stdout.readline()
        deadline = time.monotonic() + 20
        while not (tmp_path / "here" / "token").exists() and time.monotonic() < deadline:
            time.sleep(0.05)

        running.send_signal(signal.SIGINT)
        _, error = running.communicate(timeout=20)

    assert "Ctrl-C stops it" in first
    assert running.returncode == 130
    assert "Traceback" not in error and "Stopped." in error
    assert (tmp_path / "here" / "drop" / "README.txt").exists()
    assert oct((tmp_path / "here" / "token").stat().st_mode)[-3:] == "600"
    assert wait_for_group_exit(running.pid)
