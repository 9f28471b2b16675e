"""A local cloud starts completely or not at all, and leaves nothing behind, however it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from local.cloud.local_cloud import CloudError, LocalCloud
from tests.local.fakes import BlankOcrEngine, template_with_stub_functions
from tests.processes import children, is_running, running_program

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

STORE_HOLDER = """
import sys, time
from pathlib import Path
from local.cloud.store import Store

store = Store(Path(sys.argv[1]))
print("open", flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads the process list from /proc (Linux)")
@pytest.mark.parametrize(
    ("end_signal", "ocr_processes"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, 1)]
)
def test_no_process_is_left_however_it_ends(tmp_path: Path, end_signal: signal.Signals, ocr_processes: int) -> None:
    template = template_with_stub_functions(tmp_path / "stack")
    arguments = [sys.executable, "-c", PROGRAM, str(template), str(tmp_path / "folder"), str(ocr_processes)]
    with running_program(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout
        url = running.stdout.readline().strip()
        started = children(running.pid)
        # The fork server, a worker, and the OCR process if one was asked for.
        assert len(started) == 2 + ocr_processes
        running.send_signal(end_signal)
        _, errors = running.communicate(timeout=20)
    deadline = time.monotonic() + 5
    while any(map(is_running, started)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [pid for pid in started if is_running(pid)] == []
    if end_signal == signal.SIGTERM:
        assert (running.returncode, errors) == (128 + signal.SIGTERM, "")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) != 0


def test_a_port_in_use_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CloudError, match=rf"^Port {port} .*\.$"):
            LocalCloud(port=port, reader=BlankOcrEngine()).start()
    assert "MOTO_PORT" not in os.environ


def test_a_failed_start_stops_what_it_had_started(tmp_path: Path) -> None:
    before = children(os.getpid())
    template = template_with_stub_functions(tmp_path / "stack")
    definition = tmp_path / "stack" / "statemachine" / "grading.asl.yaml"
    definition.write_text("StartAt: Nowhere\n", encoding="utf-8")
    environment = dict(os.environ)
    with pytest.raises(CloudError, match=r"^The stack of template.yaml cannot be created: "):
        LocalCloud(template=template, ocr_processes=1).start()
    assert children(os.getpid()) == before
    assert dict(os.environ) == environment


def test_a_folder_keeps_stored_objects_and_keys(tmp_path: Path) -> None:
    template = template_with_stub_functions(tmp_path / "stack")
    seen, secrets = [], []
    for folder in (None, tmp_path / "folder", tmp_path / "folder"):
        with LocalCloud(template=template, folder=folder, reader=BlankOcrEngine()) as cloud:
            bucket = cloud.stack.bucket("TempBucket")
            listed = cloud.client("s3").list_object_versions(Bucket=bucket).get("Versions", [])
            seen.append([version["VersionId"] for version in listed])
            put = cloud.client("s3").put_object(Bucket=bucket, Key="k", Body=b"x")
            secrets.append(cloud.stack.functions["ReceiveFunction"].environment["IDENTITY_SECRET"])
    assert seen[:2] == [[], []]
    assert len(seen[2]) == 1
    assert put["VersionId"] not in seen[2]
    assert secrets[0] != secrets[1] == secrets[2]


def test_a_folder_in_use_is_reported(tmp_path: Path) -> None:
    program = [sys.executable, "-c", STORE_HOLDER, str(tmp_path)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout and holder.stdout.readline() == "open\n"
            ended = subprocess.run(
                [sys.executable, "-m", "local", "serve", "--port", "0", "--folder", str(tmp_path)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'functions'}"},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            holder.kill()
    assert ended.returncode == 1
    assert ended.stderr == (
        f"gradeline: The folder {tmp_path} is in use by another gradeline; stop that one, or name another folder.\n"
    )


def test_a_restart_resumes_executions_and_reserves_names_of_ended_ones(tmp_path: Path) -> None:
    template = template_with_stub_functions(tmp_path / "stack")
    with LocalCloud(template=template, folder=tmp_path / "folder", reader=BlankOcrEngine()) as cloud:
        submit(cloud, "ended")
        wait_until(lambda: all_ended(cloud, {"ended-1": "SUCCEEDED"}))
        cloud.faults.slow("s3", "CopyObject", 60)
        submit(cloud, "running")
        before = describe(cloud, "running-1")["input"]
    with LocalCloud(template=template, folder=tmp_path / "folder", reader=BlankOcrEngine()) as cloud:
        # It can be described from the first moment on.
        assert describe(cloud, "running-1")["input"] == before
        wait_until(lambda: all_ended(cloud, {"running-1": "SUCCEEDED"}))
        machine, states = cloud.stack.state_machine_arn, cloud.client("stepfunctions")
        with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
            states.start_execution(stateMachineArn=machine, name="ended-1", input="{}")
    with LocalCloud(template=template, folder=tmp_path / "folder", reader=BlankOcrEngine()) as cloud:
        with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
            cloud.client("stepfunctions").start_execution(stateMachineArn=machine, name="running-1", input=before)
        assert execution_statuses(cloud) == {}


def test_an_unfinished_asynchronous_call_is_resumed_after_a_restart(tmp_path: Path) -> None:
    template = template_with_stub_functions(tmp_path / "stack")
    folder = tmp_path / "folder"
    with LocalCloud(template=template, folder=folder, reader=BlankOcrEngine(), retry_seconds=(60,)) as cloud:
        broken = json.dumps({"raise": ["Fault", "it does not work"]}).encode()
        documents = cloud.stack.bucket("DocumentsBucket")
        cloud.client("s3").put_object(Bucket=documents, Key="behaviour/recover", Body=broken)
        name = cloud.stack.functions["RecoverFunction"].name
        cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'{"action": "x"}')
    with LocalCloud(template=template, folder=folder, reader=BlankOcrEngine(), retry_seconds=(0.01,)) as cloud:
        wait_until(lambda: failure_records(cloud))
        ((message,)) = failure_records(cloud)
        assert json.loads(message)["requestPayload"] == {"action": "x"}
    with LocalCloud(template=template, folder=folder, reader=BlankOcrEngine()) as cloud:
        # One failure record, still in the queue, and no further attempt.
        assert failure_records(cloud) == [message]
        assert not any(call.service == "lambda" for call in cloud.calls(include_clients=True))


def failure_records(cloud: LocalCloud) -> list[str]:
    sqs = cloud.client("sqs")
    queue = sqs.get_queue_url(QueueName=cloud.stack.name("DeadEnds"))["QueueUrl"]
    received = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0, MaxNumberOfMessages=10)
    return [message["Body"] for message in received.get("Messages", [])]


def execution_statuses(cloud: LocalCloud) -> dict[str, str]:
    runs = cloud.client("stepfunctions").list_executions(stateMachineArn=cloud.stack.state_machine_arn)["executions"]
    return {run["name"]: run["status"] for run in runs}


def all_ended(cloud: LocalCloud, statuses: dict[str, str]) -> bool:
    """Whether the executions have these statuses and the event bus has been notified of their end."""
    return execution_statuses(cloud) == statuses and not cloud._services.executions.running()


def describe(cloud: LocalCloud, name: str) -> dict[str, Any]:
    arn = f"{cloud.stack.state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
    found: dict[str, Any] = cloud.client("stepfunctions").describe_execution(executionArn=arn)
    return found


def wait_until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        # Each look costs a request or more.
        time.sleep(0.2)


def test_stopping_during_an_execution_is_quick_and_silent(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    template = template_with_stub_functions(tmp_path / "stack")
    with LocalCloud(template=template, reader=BlankOcrEngine()) as cloud:
        cloud.faults.slow("s3", "CopyObject", 20)
        submit(cloud, "late")
        while not any(call.name == "s3:CopyObject" for call in cloud.calls()):
            time.sleep(0.02)
        started_at = time.monotonic()
    assert time.monotonic() - started_at < 4
    time.sleep(0.5)
    assert capfd.readouterr().err == ""


def test_a_delayed_call_has_no_effect_on_the_next_cloud(tmp_path: Path) -> None:
    template = template_with_stub_functions(tmp_path / "stack")
    with LocalCloud(template=template, reader=BlankOcrEngine()) as cloud, ThreadPoolExecutor(1) as pool:
        cloud.faults.slow("s3", "PutObject", 1.5)
        pool.submit(submit, cloud, "late")
        while not any(call.name == "s3:PutObject" for call in cloud.calls()):
            time.sleep(0.02)
        cloud.stop()
    with LocalCloud(template=template, reader=BlankOcrEngine()) as another:
        time.sleep(1.7)
        assert "Contents" not in another.client("s3").list_objects_v2(Bucket=another.stack.bucket("TempBucket"))


def submit(cloud: LocalCloud, name: str) -> None:
    headers = {"Authorization": f"Bearer {cloud.token()}", "Content-Type": "image/png"}
    requests.post(f"{cloud.api_url}/submissions?id={name}", data=b"\x89PNG", headers=headers, timeout=30)


def test_the_machines_aws_configuration_is_hidden_and_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody-elses")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    template = template_with_stub_functions(tmp_path / "stack")
    with LocalCloud(template=template, reader=BlankOcrEngine()) as cloud:
        assert cloud.client("stepfunctions").list_state_machines()["stateMachines"]
        assert cloud.invoke("GradeFunction", {}) == {"state": "GRADED"}
    assert os.environ["AWS_PROFILE"] == "somebody-elses"
