"""`gradeline smoke --api URL`: checks a deployed stack with two sample sheets, sent by two channels, of known marks."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel
from local.cli import display_text
from local.cli.api_client import ApiClient
from local.cli.grade_command import TOKEN_VARIABLE
from local.cli.grading_session import GradingSession, paper_files
from local.cli.mark_comparison import ExpectedSheet, compare_marks, read_expected_sheets
from local.cli.marks_table import print_marks
from local.cli.submitted_files import SubmittedFile, UsageError

SAMPLES = Path(__file__).parents[2] / "samples"
_POLL_SECONDS = 1.5
# The second and third samples: a typed PDF, read from its text layer, and a photograph, read by Textract.
_SAMPLE_SLICE = slice(1, 3)
_CHANNELS = (IntakeChannel.API, IntakeChannel.UPLOAD)


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """The faults that were found, one sentence each; empty if the stack works."""

    faults: tuple[str, ...]

    @property
    def succeeded(self) -> bool:
        return not self.faults


def run(*, api: str, stdout: Console, stderr: Console, samples: Path = SAMPLES) -> int:
    """Send the sheets and check their marks. Return exit code 0 if all is well, 1 with the faults printed otherwise.

    Each run creates its own assessment, so results of an earlier run cannot hide a fault.

    Raises
    ------
    UsageError
        The token variable is not set.
    """
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise UsageError(f"Set {TOKEN_VARIABLE} to a token of {api}.")
    expected = read_expected_sheets(samples / "expected.json")[_SAMPLE_SLICE]
    sheets = [
        SubmittedFile(expected_sheet.path, DocumentKind.ANSWER_SHEET, expected_sheet.student, channel)
        for expected_sheet, channel in zip(expected, _CHANNELS, strict=True)
    ]
    started_at = time.monotonic()
    with ApiClient(api, token) as client:
        session = GradingSession(client, f"smoke-{time.time_ns() // 1_000_000:x}", stderr, poll_seconds=_POLL_SECONDS)
        session.put_scheme(samples / "marking-scheme.yaml")
        session.prepare(paper_files(samples / "question-paper.pdf", None))
        session.mark(sheets)
    print_marks(stdout, sheets)
    verdict = check_results(sheets, expected)
    for fault in verdict.faults:
        stdout.print(Text(fault), soft_wrap=True)
    elapsed = display_text.format_seconds(time.monotonic() - started_at)
    outcome = "works" if verdict.succeeded else "does not work"
    stdout.print(Text(f"{api} {outcome} ({elapsed}; assessment {session.assessment})."), soft_wrap=True)
    return 0 if verdict.succeeded else 1


def check_results(sheets: list[SubmittedFile], expected: list[ExpectedSheet]) -> SmokeResult:
    """Check that each sheet succeeded and that no accepted mark is more than one off the teacher's."""
    faults = [f"{sheet.name}: {sheet.failure or 'has no marks'}" for sheet in sheets if not sheet.succeeded]
    found = compare_marks(sheets, expected)
    faults += [f"More than one mark from the expected one: {line}" for line in found.mismatches]
    if not found.compared:
        faults.append("No mark was accepted without a review, so none could be compared.")
    return SmokeResult(tuple(faults))
