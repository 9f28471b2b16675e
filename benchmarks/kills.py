"""Kills `gradeline serve` at random moments under load, starts it again, and counts what was lost or doubled.

    python -m benchmarks.kills --kills 20 --seed 1

Sheets come by all three doors: the API, presigned uploads, the drop folder. Whatever was answered with 202 before
a kill has to be known at once after it; in the end every sheet is graded once, with the marks that its answers
are worth, and its bytes are stored. Exit code 1 on any breach.
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

from local.client import ApiClient, ApiError, Unreachable

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
# So often it is killed once more while it is starting again.
_IN_ITS_START = 0.25
_REST_SECONDS = 600


@dataclass(frozen=True)
class Sheet:
    """`marks` is what its answers are worth."""

    student: str
    door: str
    body: bytes
    marks: float


@dataclass
class Tally:
    kills: int = 0
    accepted: dict[str, str] = field(default_factory=dict)
    under_way: int = 0
    starts: list[float] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)


def picture(lines: tuple[str, ...] | list[str], dice: random.Random) -> bytes:
    """A PNG that says its lines in a text chunk, with noise so that it is as large as a small scan."""
    image = Image.frombytes("L", (320, 320), dice.randbytes(320 * 320))
    text = PngImagePlugin.PngInfo()
    text.add_text("lines", json.dumps(lines))
    out = io.BytesIO()
    image.save(out, "PNG", pnginfo=text)
    return out.getvalue()


def make_sheet(number: int, dice: random.Random) -> Sheet:
    first, second = dice.choice("AB"), dice.choice(("True", "False"))
    lines = [f"Sheet {number}", f"1. {first}", f"2. {second}"]
    door = dice.choice(("api", "api", "upload", "drop"))
    return Sheet(f"student-{number}", door, picture(lines, dice), (first == "B") + (second == "True"))


class Server:
    """The service in a process of its own, started and killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'functions'}"}
        with (self.folder / "out.txt").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.kills_server", str(self.folder), str(self.port)],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
            )

    def start(self) -> float:
        """Seconds until it answered."""
        began = time.monotonic()
        self.launch()
        while self.process and self.process.poll() is None:
            try:
                # Answered by the front door, once everything is back.
                requests.get(f"{self.url}/openapi.json", timeout=120)
                if (self.folder / "token").exists():
                    return time.monotonic() - began
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


class Trial:
    """One run: the service, those who send, and the account of it."""

    def __init__(self, folder: Path, sheets: list[Sheet]) -> None:
        self.server = Server(folder)
        self.sheets = sheets
        self.waiting = list(reversed(sheets))
        self.tally = Tally()
        self._allowed = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._senders = [threading.Thread(target=self._send_all, daemon=True) for _ in range(_SENDERS)]

    def run(self, kills: int, dice: random.Random) -> Tally:
        try:
            self.tally.starts.append(self.server.start())
            self._prepare()
            for sender in self._senders:
                sender.start()
            while self.tally.kills < kills:
                # A share of the sheets a life, so that the last kill still meets load.
                self._allowed = len(self.sheets) * (self.tally.kills + 1) // kills
                time.sleep(dice.uniform(0.02, 2.0))
                self._kill(dice, kills)
            self._allowed = len(self.sheets)
            for sender in self._senders:
                sender.join()
            self._settle()
        finally:
            self._stopping.set()
            self.server.kill()
        return self.tally

    def _prepare(self) -> None:
        with self._client() as client:
            client.put_scheme(_ASSESSMENT, _SCHEME, "application/yaml")
            body = picture(_PAPER, random.Random(0))
            paper = client.submit(_ASSESSMENT, "question_paper", body, media_type="image/png")
            while not client.submission(paper.id).ended:
                time.sleep(0.05)

    def _client(self) -> ApiClient:
        return ApiClient(self.server.url, self.server.token, tries=1)

    def _send_all(self) -> None:
        """Sends one sheet after another; what was not answered is sent again, as any client would."""
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
                except (ApiError, Unreachable, requests.RequestException, OSError):
                    with self._lock:
                        self.waiting.append(sheet)
                    time.sleep(0.05)

    def _send(self, sheet: Sheet, client: ApiClient) -> None:
        if sheet.door == "drop":
            place = self.server.folder / "drop" / _ASSESSMENT / "answers" / f"{sheet.student}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(sheet.body)
            return
        send = client.submit if sheet.door == "api" else client.upload
        receipt = send(_ASSESSMENT, "answer_sheet", sheet.body, media_type="image/png", student=sheet.student)
        with self._lock:
            self.tally.accepted[receipt.id] = sheet.student

    def _kill(self, dice: random.Random, kills: int) -> None:
        self.server.kill()
        with self._lock:
            known = dict(self.tally.accepted)
        self.tally.kills += 1
        if dice.random() < _IN_ITS_START and self.tally.kills < kills:
            self.server.launch()
            time.sleep(dice.uniform(0.3, 3.0))
            self.server.kill()
            self.tally.kills += 1
        self.tally.starts.append(self.server.start())
        with self._client() as client:
            for submission_id, student in known.items():
                try:
                    self.tally.under_way += not client.submission(submission_id).ended
                except ApiError as error:
                    self.tally.breaches.append(f"lost: {student} was accepted and is not known after a kill ({error})")

    def _settle(self) -> None:
        """Waits until nothing is under way, then holds everything against what was sent."""
        deadline = time.monotonic() + _REST_SECONDS
        with self._client() as client:
            while True:
                listed = [one for one in client.submissions(_ASSESSMENT) if one.student]
                if len(listed) >= len(self.sheets) and all(one.ended for one in listed):
                    break
                if time.monotonic() > deadline:
                    self.tally.breaches.append(f"stuck: {sum(not one.ended for one in listed)} of {len(listed)}")
                    break
                time.sleep(0.5)
            found = Counter(one.student for one in listed)
            marks = {one.student: client.submission(one.id) for one in listed}
        stored = self._stored()
        for sheet in self.sheets:
            self._hold(sheet, found[sheet.student], marks.get(sheet.student), stored)

    def _hold(self, sheet: Sheet, times: int, status: Any, stored: set[str]) -> None:
        if times != 1:
            self.tally.breaches.append(
                f"{'doubled' if times else 'lost'}: {sheet.student} ({sheet.door}) is there {times} times"
            )
        elif status.result is None:
            self.tally.breaches.append(f"failed: {sheet.student} ({sheet.door}) ended as {status.state.value}")
        elif status.result.marks != sheet.marks:
            self.tally.breaches.append(f"wrong: {sheet.student} has {status.result.marks} for {sheet.marks}")
        if hashlib.sha256(sheet.body).hexdigest() not in stored:
            self.tally.breaches.append(f"lost: the file of {sheet.student} ({sheet.door}) is not stored")

    def _stored(self) -> set[str]:
        """The digests of everything under documents/ in the documents bucket."""
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


def trial(kills: int, seed: int, sheets_a_kill: int, folder: Path) -> Tally:
    dice = random.Random(seed)
    return Trial(folder, [make_sheet(number, dice) for number in range(kills * sheets_a_kill)]).run(kills, dice)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--sheets-a-kill", type=int, default=8)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="gradeline-kills-") as folder:
        tally = trial(options.kills, options.seed, options.sheets_a_kill, Path(folder).resolve())
    breaches = Counter(breach.partition(":")[0] for breach in tally.breaches)
    for breach in tally.breaches:
        print(breach)
    print(
        f"seed={options.seed} kills={tally.kills} sheets={options.kills * options.sheets_a_kill} "
        f"accepted={len(tally.accepted)} under_way_at_kills={tally.under_way} "
        f"restart_seconds={median(tally.starts):.1f} "
        + " ".join(f"{name}={breaches[name]}" for name in ("lost", "doubled", "stuck", "failed", "wrong"))
    )
    return int(bool(tally.breaches))


if __name__ == "__main__":
    sys.exit(main())
