"""A local cloud starts whole or not at all, and leaves nothing behind however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from local.cloud.local_cloud import CloudError, LocalCloud
from tests.local.standins import BlankReader, template_with_standins

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys, time
from pathlib import Path
from local.cloud.local_cloud import LocalCloud

with LocalCloud(template=Path(sys.argv[1]), folder=Path(sys.argv[2]), ocr_processes=int(sys.argv[3])) as cloud:
    cloud.invoke("GradeFunction", {})
    print(cloud.endpoint_url, flush=True)
    time.sleep(600)
"""


def children(pid: int) -> list[int]:
    """Everything a process has started, and what that has started."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (thread / "children").read_text().split()):
            found += [child, *children(child)]
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are looked up in /proc, which Linux has")
@pytest.mark.parametrize(("how", "engines"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, 1)])
def test_no_process_is_left_however_it_ends(tmp_path: Path, how: signal.Signals, engines: int) -> None:
    template = template_with_standins(tmp_path / "stack")
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(template), str(tmp_path / "folder"), str(engines)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout
    url = program.stdout.readline().strip()
    started = children(program.pid)
    # The fork server, a worker, and the OCR engine where one was asked for.
    assert len(started) == 2 + engines
    program.send_signal(how)
    _, errors = program.communicate(timeout=20)
    deadline = time.monotonic() + 5
    while any(map(is_running, started)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [pid for pid in started if is_running(pid)] == []
    if how == signal.SIGTERM:
        assert (program.returncode, errors) == (128 + signal.SIGTERM, "")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) != 0


def test_a_taken_port_is_a_sentence_and_nothing_is_left(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CloudError, match=rf"^Port {port} .*\.$"):
            LocalCloud(port=port, reader=BlankReader()).start()
    assert "MOTO_PORT" not in os.environ


def test_a_start_that_fails_half_way_ends_what_had_been_started(tmp_path: Path) -> None:
    before = children(os.getpid())
    template = template_with_standins(tmp_path / "stack")
    definition = tmp_path / "stack" / "statemachine" / "grading.asl.yaml"
    definition.write_text("StartAt: Nowhere\n", encoding="utf-8")
    environment = dict(os.environ)
    with pytest.raises(CloudError, match=r"^The stack of template.yaml cannot be made: "):
        LocalCloud(template=template, ocr_processes=1).start()
    assert children(os.getpid()) == before
    assert dict(os.environ) == environment


def test_a_cloud_starts_empty_after_another_with_the_same_keys_in_its_folder(tmp_path: Path) -> None:
    template = template_with_standins(tmp_path / "stack")
    secrets, tokens = [], []
    for _ in range(2):
        with LocalCloud(template=template, folder=tmp_path / "folder", reader=BlankReader()) as cloud:
            bucket = cloud.stack.bucket("TempBucket")
            assert "Contents" not in cloud.client("s3").list_objects_v2(Bucket=bucket)
            cloud.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
            secrets.append(cloud.stack.functions["ReceiveFunction"].environment["IDENTITY_SECRET"])
            tokens.append(cloud)
    assert secrets[0] == secrets[1]


def test_stopping_in_the_middle_of_an_execution_is_quick_and_quiet(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    template = template_with_standins(tmp_path / "stack")
    with LocalCloud(template=template, reader=BlankReader()) as cloud:
        cloud.faults.slow("s3", "CopyObject", 20)
        submit(cloud, "late")
        while not any(call.name == "s3:CopyObject" for call in cloud.calls()):
            time.sleep(0.02)
        began = time.monotonic()
    assert time.monotonic() - began < 4
    time.sleep(0.5)
    assert capfd.readouterr().err == ""


def test_a_call_that_was_waiting_has_no_effect_on_the_next_cloud(tmp_path: Path) -> None:
    template = template_with_standins(tmp_path / "stack")
    with LocalCloud(template=template, reader=BlankReader()) as cloud, ThreadPoolExecutor(1) as pool:
        cloud.faults.slow("s3", "PutObject", 1.5)
        pool.submit(submit, cloud, "late")
        while not any(call.name == "s3:PutObject" for call in cloud.calls()):
            time.sleep(0.02)
        cloud.stop()
    with LocalCloud(template=template, reader=BlankReader()) as another:
        time.sleep(1.7)
        assert "Contents" not in another.client("s3").list_objects_v2(Bucket=another.stack.bucket("TempBucket"))


def submit(cloud: LocalCloud, name: str) -> None:
    headers = {"Authorization": f"Bearer {cloud.token()}", "Content-Type": "image/png"}
    requests.post(f"{cloud.api_url}/submissions?id={name}", data=b"\x89PNG", headers=headers, timeout=30)


def test_the_machines_own_aws_setup_stays_out_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody-elses")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    template = template_with_standins(tmp_path / "stack")
    with LocalCloud(template=template, reader=BlankReader()) as cloud:
        assert cloud.client("stepfunctions").list_state_machines()["stateMachines"]
        answer = cloud.invoke("GradeFunction", {})
        assert answer == {"state": "GRADED"}
    assert os.environ["AWS_PROFILE"] == "somebody-elses"
