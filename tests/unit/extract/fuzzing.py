"""Reads malformed and hostile files, one after the other, and says how they ended.

    python -m tests.unit.extract.fuzzing [--files N] [--seed S]

Every file ends as accepted or as a named refusal within 10 seconds, function and child within 512 MB together, and
documents that come after are read as if nothing had happened. What breaks this is kept in `out/fuzz`, and the exit
code is 1. Prints one JSON object. A process of its own, since memory is measured at its highest. Files are the same
for the same seed; without one they are new each time.
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
from hypothesis import seed as seeded

from core.models import errors
from core.models.submission import DocumentKind
from extract.document_reader import read_document
from extract.sandbox.process import Sandbox
from tests.unit.extract.document_factory import PROSE, RecordingOcr, pdf, typed_page
from tests.unit.extract.file_strategies import any_files

MAX_SECONDS, MAX_MEGABYTES = 10.0, 512
FAILURES_FOLDER = Path("out") / "fuzz"
_KINDS = list(DocumentKind)
# After so many files one that is in order is read.
_VALID_EVERY = 5
_BATCH = 250


class FuzzRun:
    """One fork server for all files, as a warm function has."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.outcomes: Counter[str] = Counter()
        self.slowest = 0.0
        self._good = pdf(typed_page())

    def read(self, body: bytes) -> None:
        begun = time.monotonic()
        self.outcomes[self.outcome(body)] += 1
        taken = time.monotonic() - begun
        self.slowest = max(self.slowest, taken)
        assert taken < MAX_SECONDS, f"it took {taken:.1f} seconds"

    def check_valid_document(self) -> None:
        """A document that is in order, as it comes after whatever was read before."""
        following = read_document(
            self._good, ocr=RecordingOcr(), kind=DocumentKind.QUESTION_PAPER, sandbox=self.sandbox
        )
        assert [line.text for line in following.pages[0].lines] == PROSE, "the next document was read otherwise"

    def outcome(self, body: bytes) -> str:
        """ "accepted", or the refusal's name; anything else is raised."""
        try:
            read_document(body, ocr=RecordingOcr(), kind=_KINDS[len(body) % len(_KINDS)], sandbox=self.sandbox)
        except errors.DocumentRejected as refusal:
            assert len(str(refusal)) > 10, "a refusal without a sentence"
            return type(refusal).__name__
        return "accepted"

    def peak_megabytes(self) -> float:
        """The function and its largest child, each at its highest; the fork server is ended for it."""
        self.sandbox.close()
        return (_own_peak() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1000


def _own_peak() -> int:
    """Kilobytes. Not `ru_maxrss`: on Linux that outlives exec, so a large parent's peak would count here."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0])


def fuzz(count: int, seed: int) -> tuple[FuzzRun, list[str]]:
    run, broken = FuzzRun(), []
    for batch in range(0, count, _BATCH):
        # What hypothesis remembers of its examples would grow past all that is measured here.
        _run_batch(run, broken, min(_BATCH, count - batch), seed + batch)
    run.check_valid_document()
    return run, broken


def _run_batch(run: FuzzRun, broken: list[str], count: int, seed: int) -> None:
    @seeded(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(any_files())
    def each(body: bytes) -> None:
        try:
            run.read(body)
            if run.outcomes.total() % _VALID_EVERY == 0:
                run.check_valid_document()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the file is kept and the run goes on
            FAILURES_FOLDER.mkdir(parents=True, exist_ok=True)
            path = FAILURES_FOLDER / f"{hashlib.sha256(body).hexdigest()[:16]}.bin"
            path.write_bytes(body)
            broken.append(f"{path}: {type(fault).__name__}: {fault}")

    each()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    run, broken = fuzz(options.files, options.seed)
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
