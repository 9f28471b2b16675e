"""Kills `gradeline serve` at random moments under load, restarts it, and counts what was lost or duplicated.

    python -m benchmarks.kills --kills 20 --seed 1

Sheets arrive through all three channels: the API, presigned uploads and the drop folder. Every submission that was
answered with 202 before a kill must be known immediately after it. In the end every sheet must be graded once, with
the marks that its answers are worth, and its bytes must be stored. Exit code 1 on any violation.
"""

import argparse
import hashlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import boto3
import requests
from PIL import Image, PngImagePlugin

from local.cli.api_client import ApiClient, ApiError, ApiUnreachable

ROOT = Path(__file__).parents[1]
_ASSESSMENT = "kills"
_SCHEME = b"""
questions:
  - {question: "1", type: choice, marks: 1, answer: B}
  - {question: "2", type: true_false, marks: 1, answer: true}
"""
_PAPER = ("Science test    Total: 2 marks", "1. Which gas do plants take in?  [1]", "A  oxygen", "B  carbon dioxide",
          "2. True or false: sound travels faster in water than in air.  [1]")  # fmt: skip
_SENDERS = 3
# Probability of a second kill during the restart.
_KILL_DURING_START = 0.25
_SETTLE_SECONDS = 600


@dataclass(frozen=True)
class KillTestSheet:
    """An answer sheet. `marks` is what its answers are worth."""

    student: str
    channel: str
    body: bytes
    marks: float


@dataclass
class KillTestReport:
    kills: int = 0
    accepted: dict[str, str] = field(default_factory=dict)
    under_way: int = 0
    starts: list[float] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


def make_png(lines: tuple[str, ...] | list[str], rng: random.Random) -> bytes:
    """Return a PNG with its lines in a text chunk, and noise that makes it as large as a small scan."""
    image = Image.frombytes("L", (320, 320), rng.randbytes(320 * 320))
    text = PngImagePlugin.PngInfo()
    text.add_text("lines", json.dumps(lines))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def make_sheet(number: int, rng: random.Random) -> KillTestSheet:
    first, second = rng.choice("AB"), rng.choice(("True", "False"))
    lines = [f"Sheet {number}", f"1. {first}", f"2. {second}"]
    channel = rng.choice(("api", "api", "upload", "drop"))
    return KillTestSheet(f"student-{number}", channel, make_png(lines, rng), (first == "B") + (second == "True"))


class ServiceProcess:
    """The service in a process of its own, to be started and killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}"}
        with (self.folder / "out.txt").open("ab") as buffer:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.kills_server", str(self.folder), str(self.port)],
                cwd=ROOT,
                env=environment,
                stdout=buffer,
                stderr=buffer,
            )

    def start(self) -> float:
        """Start the service and return the seconds until its first response."""
        started_at = time.monotonic()
        self.launch()
        while self.process and self.process.poll() is None:
            try:
                # The gateway answers once everything has been restored.
                requests.get(f"{self.url}/openapi.json", timeout=120)
                if (self.folder / "token").exists():
                    return time.monotonic() - started_at
            except requests.RequestException:
                pass
            time.sleep(0.02)
        raise SystemExit(f"The service did not start: {(self.folder / 'out.txt').read_text()[-2000:]}")

    def kill(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def token(self) -> str:
        return (self.folder / "token").read_text()


class KillTest:
    """One run: the service, the sending clients, and the report."""

    def __init__(self, folder: Path, sheets: list[KillTestSheet]) -> None:
        self.server = ServiceProcess(folder)
        self.sheets = sheets
        self.waiting = list(reversed(sheets))
        self.report = KillTestReport()
        self._allowed = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._senders = [threading.Thread(target=self._send_all, daemon=True) for _ in range(_SENDERS)]

    def run(self, kills: int, rng: random.Random) -> KillTestReport:
        try:
            self.report.starts.append(self.server.start())
            self._prepare()
            for sender in self._senders:
                sender.start()
            while self.report.kills < kills:
                # Each restart allows another share of the sheets, so that the last kill still happens under load.
                self._allowed = len(self.sheets) * (self.report.kills + 1) // kills
                time.sleep(rng.uniform(0.02, 2.0))
                self._kill_and_restart(rng, kills)
            self._allowed = len(self.sheets)
            for sender in self._senders:
                sender.join()
            self._check_results()
        finally:
            self._stopping.set()
            self.server.kill()
        return self.report

    def _prepare(self) -> None:
        with self._client() as client:
            client.put_scheme(_ASSESSMENT, _SCHEME, "application/yaml")
            body = make_png(_PAPER, random.Random(0))
            paper = client.submit(_ASSESSMENT, "question_paper", body, media_type="image/png")
            while not client.submission(paper.id).ended:
                time.sleep(0.05)

    def _client(self) -> ApiClient:
        return ApiClient(self.server.url, self.server.token, max_attempts=1)

    def _send_all(self) -> None:
        """Send one sheet after another. Sheets without a response are sent again, as any client would."""
        with self._client() as client:
            while not self._stopping.is_set():
                with self._lock:
                    if not self.waiting:
                        return
                    sent = len(self.sheets) - len(self.waiting)
                    sheet = self.waiting.pop() if sent < self._allowed else None
                if sheet is None:
                    time.sleep(0.01)
                    continue
                try:
                    self._send(sheet, client)
                except (ApiError, ApiUnreachable, requests.RequestException, OSError):
                    with self._lock:
                        self.waiting.append(sheet)
                    time.sleep(0.05)

    def _send(self, sheet: KillTestSheet, client: ApiClient) -> None:
        if sheet.channel == "drop":
            path = self.server.folder / "drop" / _ASSESSMENT / "answers" / f"{sheet.student}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(sheet.body)
            return
        send = client.submit if sheet.channel == "api" else client.upload
        accepted_submission = send(
            _ASSESSMENT, "answer_sheet", sheet.body, media_type="image/png", student=sheet.student
        )
        with self._lock:
            self.report.accepted[accepted_submission.id] = sheet.student

    def _kill_and_restart(self, rng: random.Random, kills: int) -> None:
        self.server.kill()
        with self._lock:
            known = dict(self.report.accepted)
        self.report.kills += 1
        if rng.random() < _KILL_DURING_START and self.report.kills < kills:
            self.server.launch()
            time.sleep(rng.uniform(0.3, 3.0))
            self.server.kill()
            self.report.kills += 1
        self.report.starts.append(self.server.start())
        with self._client() as client:
            for submission_id, student in known.items():
                try:
                    self.report.under_way += not client.submission(submission_id).ended
                except ApiError as error:
                    self.report.violations.append(
                        f"lost: {student} was accepted and is not known after a kill ({error})"
                    )

    def _check_results(self) -> None:
        """Wait until nothing is in progress, then compare everything with what was sent."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        with self._client() as client:
            while True:
                listed = [one for one in client.submissions(_ASSESSMENT) if one.student]
                if len(listed) >= len(self.sheets) and all(one.ended for one in listed):
                    break
                if time.monotonic() > deadline:
                    self.report.violations.append(f"stuck: {sum(not one.ended for one in listed)} of {len(listed)}")
                    break
                time.sleep(0.5)
            found = Counter(one.student for one in listed)
            marks = {one.student: client.submission(one.id) for one in listed}
        stored_digests = self._stored_digests()
        for sheet in self.sheets:
            self._check_sheet(sheet, found[sheet.student], marks.get(sheet.student), stored_digests)

    def _check_sheet(self, sheet: KillTestSheet, count: int, status: Any, stored_digests: set[str]) -> None:
        if count != 1:
            self.report.violations.append(
                f"{'doubled' if count else 'lost'}: {sheet.student} ({sheet.channel}) is there {count} times"
            )
        elif status.result is None:
            self.report.violations.append(f"failed: {sheet.student} ({sheet.channel}) ended as {status.state.value}")
        elif status.result.marks != sheet.marks:
            self.report.violations.append(f"wrong: {sheet.student} has {status.result.marks} for {sheet.marks}")
        if hashlib.sha256(sheet.body).hexdigest() not in stored_digests:
            self.report.violations.append(f"lost: the file of {sheet.student} ({sheet.channel}) is not stored")

    def _stored_digests(self) -> set[str]:
        """Return the SHA-256 digests of everything under documents/ in the documents bucket."""
        s3 = boto3.client(
            "s3",
            endpoint_url=self.server.url,
            region_name="us-east-1",
            aws_access_key_id="client",
            aws_secret_access_key="local",
        )
        (bucket,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if "-documents-" in one["Name"])
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="documents/")
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        return {hashlib.sha256(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).hexdigest() for key in keys}


def run_kill_test(kills: int, seed: int, sheets_a_kill: int, folder: Path) -> KillTestReport:
    rng = random.Random(seed)
    return KillTest(folder, [make_sheet(number, rng) for number in range(kills * sheets_a_kill)]).run(kills, rng)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sheets-a-kill", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gradeline-kills-") as folder:
        report = run_kill_test(options.kills, options.seed, options.sheets_a_kill, Path(folder).resolve())
    violations = Counter(violation.partition(":")[0] for violation in report.violations)
    for violation in report.violations:
        print(violation)
    print(
        f"seed={options.seed} kills={report.kills} sheets={options.kills * options.sheets_a_kill} "
        f"accepted={len(report.accepted)} under_way_at_kills={report.under_way} "
        f"restart_seconds={median(report.starts):.1f} "
        + " ".join(f"{name}={violations[name]}" for name in ("lost", "doubled", "stuck", "failed", "wrong"))
    )
    return int(bool(report.violations))


if __name__ == "__main__":
    sys.exit(main())
