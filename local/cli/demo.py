"""`gradeline demo`: grades the five sample sheets, sent through all three intake channels, in the local cloud."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel
from local.cli import display_text
from local.cli.api_client import ApiClient
from local.cli.grading_session import (
    GradingSession,
    assessment_page_url,
    paper_files,
    start_local_cloud,
    wait_for_interrupt,
    write_csv,
)
from local.cli.mark_comparison import ExpectedSheet, MarkComparison, compare_marks, read_expected_sheets
from local.cli.marks_table import print_marks, print_review_list
from local.cli.submitted_files import SubmittedFile

SAMPLES = Path(__file__).parents[2] / "samples"
_ASSESSMENT = "science-test"
# Two through the API, two by presigned upload, one through the drop folder.
_CHANNELS = (IntakeChannel.API, IntakeChannel.UPLOAD, IntakeChannel.DROP, IntakeChannel.API, IntakeChannel.UPLOAD)


def run(*, out: Path, port: int, keep: bool, stdout: Console, stderr: Console, samples: Path = SAMPLES) -> int:
    """Run the demonstration and return the exit code."""
    started_at = time.monotonic()
    expected = read_expected_sheets(samples / "expected.json")
    sheets = [
        SubmittedFile(sheet.path, DocumentKind.ANSWER_SHEET, sheet.student, _CHANNELS[index % len(_CHANNELS)])
        for index, sheet in enumerate(expected)
    ]
    _print_line(
        stderr, f"{display_text.format_count(len(sheets), 'answer sheet')} to a science paper, on this machine alone."
    )
    with start_local_cloud(port=port) as cloud, ApiClient(cloud.api_url, cloud.token()) as client:
        _print_line(
            stderr,
            f"The local cloud is up after {display_text.format_seconds(time.monotonic() - started_at)}: "
            f"{cloud.api_url}/",
        )
        session = GradingSession(client, _ASSESSMENT, stderr, cloud)
        session.put_scheme(samples / "marking-scheme.yaml")
        sent_at = time.monotonic()
        session.prepare(paper_files(samples / "question-paper.pdf", None))
        if session.paper:
            _print_line(stderr, _paper_summary(session, time.monotonic() - sent_at))
        sent_at = time.monotonic()
        session.mark(sheets)
        elapsed = time.monotonic() - sent_at
        session.load_report_data(sheets)
        write_csv(out / "results.csv", sheets)
        session.write_report(out / "report.html", sheets)
        _print_summary(stdout, session, sheets, expected=expected, elapsed=elapsed, out=out)
        if keep:
            wait_for_interrupt(stderr, assessment_page_url(cloud.api_url, session.assessment))
    return 0 if all(sheet.succeeded for sheet in sheets) else 1


def _paper_summary(session: GradingSession, elapsed: float) -> str:
    paper = session.paper
    assert paper is not None  # noqa: S101 - checked by the caller
    questions = display_text.format_count(len(list(paper.leaves())), "question")
    total_marks = display_text.format_number(paper.total_marks)
    return f"The question paper: {questions}, {total_marks} marks, after {display_text.format_seconds(elapsed)}."


def _print_summary(
    stdout: Console,
    session: GradingSession,
    sheets: Sequence[SubmittedFile],
    *,
    expected: Sequence[ExpectedSheet],
    elapsed: float,
    out: Path,
) -> None:
    stdout.print()
    print_marks(stdout, sheets)
    stdout.print()
    print_review_list(stdout, sheets, full_list_path=str(out / "report.html"))
    stdout.print()
    marked = sum(sheet.result is not None for sheet in sheets)
    _print_line(
        stdout, f"{display_text.format_count(marked, 'sheet')} marked in {display_text.format_seconds(elapsed)}."
    )
    for note in session.notes(sheets):
        _print_line(stdout, note)
    timelines = [sheet.timeline for sheet in sheets if sheet.timeline]
    first = sum(timeline.reading_started_first is True for timeline in timelines)
    _print_line(stdout, f"Reading started before storing and recording had ended on {first} of {len(sheets)} sheets.")
    _print_line(stdout, _comparison_text(compare_marks(sheets, expected)))
    for line in compare_marks(sheets, expected).mismatches:
        _print_line(stdout, f"  more than one mark apart: {line}")
    stdout.print()
    stdout.print(Text(f"Report   {(out / 'report.html').resolve().as_uri()}"), soft_wrap=True)
    stdout.print(Text(f"Marks    {out / 'results.csv'}"), soft_wrap=True)


def _comparison_text(found: MarkComparison) -> str:
    everything = found.compared + found.reviewed
    share = f" ({found.reviewed / everything:.0%})" if everything else ""
    return (
        f"Compared with the marks given by hand: {found.within} of {found.compared} within one mark, "
        f"{found.exact} the same; {found.reviewed} of {everything} left to a person{share}."
    )


def _print_line(console: Console, sentence: str) -> None:
    # On a terminal, lines wrap between words; in a file or pipe, each sentence is one line.
    console.print(Text(sentence), soft_wrap=not console.is_terminal)
