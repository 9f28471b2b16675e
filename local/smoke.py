"""`gradeline smoke --api URL`: does a deployed stack still do its job? Two sample sheets, two doors, known marks."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from core.submission import Door, Kind
from local import wording
from local.client import ApiClient
from local.comparison import Expected, compare, read_expected
from local.deliveries import Delivery, UsageError
from local.errand import Errand, papers
from local.grading import TOKEN
from local.marks_table import print_marks

SAMPLES = Path(__file__).parent.parent / "samples"
_EVERY = 1.5
# The second and third sample: a typed PDF, whose text layer is read, and a photograph, which Textract reads.
_CHOSEN = slice(1, 3)
_DOORS = (Door.API, Door.UPLOAD)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was wrong, in sentences; nothing is well."""

    faults: tuple[str, ...]

    @property
    def well(self) -> bool:
        return not self.faults


def run(*, api: str, stdout: Console, stderr: Console, samples: Path = SAMPLES) -> int:
    """0 where the stack read, stored and marked as it should; 1 where it did not, with what was wrong.

    Each run is an assessment of its own, so a run before it answers for nothing.

    Raises
    ------
    UsageError
        No token is given.
    """
    token = os.environ.get(TOKEN, "")
    if not token:
        raise UsageError(f"Set {TOKEN} to a token of {api}.")
    expected = read_expected(samples / "expected.json")[_CHOSEN]
    sheets = [
        Delivery(one.path, Kind.ANSWER_SHEET, one.student, door) for one, door in zip(expected, _DOORS, strict=True)
    ]
    begun = time.monotonic()
    with ApiClient(api, token) as client:
        errand = Errand(client, f"smoke-{time.time_ns() // 1_000_000:x}", stderr, every=_EVERY)
        errand.put_scheme(samples / "marking-scheme.yaml")
        errand.prepare(papers(samples / "question-paper.pdf", None))
        errand.mark(sheets)
    print_marks(stdout, sheets)
    verdict = judge(sheets, expected)
    for fault in verdict.faults:
        stdout.print(Text(fault), soft_wrap=True)
    took = wording.seconds(time.monotonic() - begun)
    ending = "does its job" if verdict.well else "does not do its job"
    stdout.print(Text(f"{api} {ending} ({took}; assessment {errand.assessment})."), soft_wrap=True)
    return 0 if verdict.well else 1


def judge(sheets: list[Delivery], expected: list[Expected]) -> Verdict:
    """Each sheet has ended well, and no mark that the stack was sure of is more than one off the teacher's."""
    faults = [f"{sheet.name}: {sheet.problem or 'has no marks'}" for sheet in sheets if not sheet.well]
    found = compare(sheets, expected)
    faults += [f"More than one mark apart: {line}" for line in found.apart]
    if not found.compared:
        faults.append("Everything was left to a person: nothing could be compared.")
    return Verdict(tuple(faults))
