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

from core import errors
from core.submission import Kind
from extract.documents import read_document
from extract.sandbox import Sandbox
from tests.unit.extract.material import PROSE, RecordingOcr, pdf, typed
from tests.unit.extract.strategies import files

SECONDS, MEGABYTES = 10.0, 512
BROKEN = Path("out") / "fuzz"
_KINDS = list(Kind)
# After so many files one that is in order is read.
_EVERY = 5
_BATCH = 250


class Run:
    """One fork server for all files, as a warm function has."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.endings: Counter[str] = Counter()
        self.slowest = 0.0
        self._good = pdf(typed())

    def read(self, body: bytes) -> None:
        begun = time.monotonic()
        self.endings[self.ending(body)] += 1
        taken = time.monotonic() - begun
        self.slowest = max(self.slowest, taken)
        assert taken < SECONDS, f"it took {taken:.1f} seconds"

    def read_the_next(self) -> None:
        """A document that is in order, as it comes after whatever was read before."""
        following = read_document(self._good, ocr=RecordingOcr(), kind=Kind.QUESTION_PAPER, sandbox=self.sandbox)
        assert [line.text for line in following.pages[0].lines] == PROSE, "the next document was read otherwise"

    def ending(self, body: bytes) -> str:
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


def fuzz(count: int, seed: int) -> tuple[Run, list[str]]:
    run, broken = Run(), []
    for batch in range(0, count, _BATCH):
        # What hypothesis remembers of its examples would grow past all that is measured here.
        _some(run, broken, min(_BATCH, count - batch), seed + batch)
    run.read_the_next()
    return run, broken


def _some(run: Run, broken: list[str], count: int, seed: int) -> None:
    @seeded(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(files())
    def each(body: bytes) -> None:
        try:
            run.read(body)
            if run.endings.total() % _EVERY == 0:
                run.read_the_next()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the file is kept and the run goes on
            BROKEN.mkdir(parents=True, exist_ok=True)
            path = BROKEN / f"{hashlib.sha256(body).hexdigest()[:16]}.bin"
            path.write_bytes(body)
            broken.append(f"{path}: {type(fault).__name__}: {fault}")

    each()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    asked = parser.parse_args()
    run, broken = fuzz(asked.files, asked.seed)
    peak = run.peak_megabytes()
    if peak >= MEGABYTES:
        broken.append(f"{peak:.0f} MB were used")
    told = {
        "seed": asked.seed,
        "files": run.endings.total(),
        "endings": dict(run.endings.most_common()),
        "slowest_seconds": round(run.slowest, 2),
        "peak_megabytes": round(peak),
        "broken": broken,
    }
    print(json.dumps(told, indent=2))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
