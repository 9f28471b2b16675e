"""Reads malformed and hostile files, one after the other, and reports their outcomes.

    python -m tests.unit.extract.fuzzing [--files N] [--seed S]

Every file must be accepted or refused with a named error within 10 seconds, function and child within 512 MB together,
and the documents after it must be read normally. A file that breaks this is stored in `out/fuzz`, and the exit code is
1. Prints one JSON object. Runs as a process of its own, because peak memory is measured. The same seed gives the same
files; without a seed they are new each time.
"""

import argparse
import hashlib
import json
import os
import resource
import sys
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as hypothesis_seed

from core.models import errors
from core.models.document_kinds import DocumentKind
from extract.document_reader import read_document
from extract.sandbox.process import Sandbox
from tests.unit.extract.document_factory import PROSE, RecordingOcr, pdf, typed_page
from tests.unit.extract.file_strategies import any_files

MAX_SECONDS, MAX_MEGABYTES = 10.0, 512
FAILURES_FOLDER = Path("out") / "fuzz"
_KINDS = list(DocumentKind)
# A valid document is read after so many files.
_VALID_EVERY = 5
_BATCH = 250


class FuzzRun:
    """Reads all files with one fork server, as a warm function does."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.outcomes: Counter[str] = Counter()
        self.slowest = 0.0
        self._valid_document = pdf(typed_page())

    def read(self, body: bytes) -> None:
        started = time.monotonic()
        self.outcomes[self.outcome(body)] += 1
        seconds = time.monotonic() - started
        self.slowest = max(self.slowest, seconds)
        assert seconds < MAX_SECONDS, f"it took {seconds:.1f} seconds"

    def check_valid_document(self) -> None:
        """Assert that a valid document is still read correctly."""
        transcript = read_document(
            self._valid_document, ocr=RecordingOcr(), kind=DocumentKind.QUESTION_PAPER, sandbox=self.sandbox
        )
        assert [line.text for line in transcript.pages[0].lines] == PROSE, "the next document was read differently"

    def outcome(self, body: bytes) -> str:
        """Read a file. Returns "accepted" or the name of the refusal; raises any other error."""
        try:
            read_document(body, ocr=RecordingOcr(), kind=_KINDS[len(body) % len(_KINDS)], sandbox=self.sandbox)
        except errors.DocumentRejected as refusal:
            assert len(str(refusal)) > 10, "a refusal without a message"
            return type(refusal).__name__
        return "accepted"

    def peak_megabytes(self) -> float:
        """Peak memory of this process plus that of its largest child. Closes the sandbox."""
        self.sandbox.close()
        return (_get_own_peak_kilobytes() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1000


def _get_own_peak_kilobytes() -> int:
    """This process's peak memory. Not `ru_maxrss`: on Linux it survives exec, so a large parent's peak would count."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0])


def run_fuzzing(count: int, seed: int) -> tuple[FuzzRun, list[str]]:
    run, broken = FuzzRun(), []
    for batch in range(0, count, _BATCH):
        # In batches: hypothesis remembers its examples, which would take more memory than what is measured here.
        _run_batch(run, broken, min(_BATCH, count - batch), seed + batch)
    run.check_valid_document()
    return run, broken


def _run_batch(run: FuzzRun, broken: list[str], count: int, seed: int) -> None:
    @hypothesis_seed(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(any_files())
    def read_file(body: bytes) -> None:
        try:
            run.read(body)
            if run.outcomes.total() % _VALID_EVERY == 0:
                run.check_valid_document()
        except Exception as error:  # noqa: BLE001 - whatever it is, the file is stored and the run continues
            FAILURES_FOLDER.mkdir(parents=True, exist_ok=True)
            path = FAILURES_FOLDER / f"{hashlib.sha256(body).hexdigest()[:16]}.bin"
            path.write_bytes(body)
            broken.append(f"{path}: {type(error).__name__}: {error}")

    read_file()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    run, broken = run_fuzzing(options.files, options.seed)
    peak = run.peak_megabytes()
    if peak >= MAX_MEGABYTES:
        broken.append(f"{peak:.0f} MB were used")
    report = {
        "seed": options.seed,
        "files": run.outcomes.total(),
        "endings": dict(run.outcomes.most_common()),
        "slowest_seconds": round(run.slowest, 2),
        "peak_megabytes": round(peak),
        "broken": broken,
    }
    print(json.dumps(report, indent=2))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
