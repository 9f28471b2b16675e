"""`gradeline grade`: marks a folder of sheets against a paper, on this machine or with a deployed stack."""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from core.models.errors import RequestRefused
from core.models.submission import parse_assessment
from local.cli import display_text
from local.cli.api_client import ApiClient
from local.cli.grading_session import (
    GradingSession,
    assessment_page_url,
    paper_files,
    results_document,
    start_local_cloud,
    wait_for_interrupt,
    write_csv,
    write_json,
)
from local.cli.marks_table import print_marks, print_review_list
from local.cli.regular_files import read_regular
from local.cli.roster_file import assign_students, read_roster
from local.cli.sheet_collection import check_file, check_readable, collect_sheets
from local.cli.status_polling import PollingTimedOut
from local.cli.submitted_files import SubmittedFile, UsageError

TOKEN_VARIABLE = "GRADELINE_TOKEN"  # noqa: S105 - the name of a variable
_REMOTE_POLL_SECONDS = 1.5
_LOCAL_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class GradeOptions:
    """The command-line options. `json` is a path or "-"; `api` is None for the local cloud."""

    paper: Path
    sheets: list[Path]
    key: Path | None = None
    scheme: Path | None = None
    roster: Path | None = None
    assessment: str | None = None
    csv: Path | None = None
    json: str | None = None
    report: Path | None = None
    api: str | None = None
    keep: bool = False


def run(options: GradeOptions, *, stdout: Console, stderr: Console) -> int:
    """Grade the sheets and print the marks. Return exit code 1 if a sheet was rejected or failed.

    Raises
    ------
    UsageError
        A file is missing or of an unsupported type, a name is not allowed, or the token variable is not set.
    """
    sheets = _check_inputs(options, stderr)
    with _open_session(options, stderr) as session:
        if options.scheme:
            session.put_scheme(options.scheme)
        if options.roster:
            session.client.put_roster(session.assessment, read_regular(options.roster))
        session.prepare(paper_files(options.paper, options.key))
        _print_warnings(session, stderr)
        timeout_error = None
        try:
            session.mark(sheets)
        except PollingTimedOut as error:
            timeout_error = error
        _write_results(session, options, sheets)
        if options.json != "-":
            print_marks(stdout, sheets)
            stdout.print()
            print_review_list(stdout, sheets, full_list_path=str(options.report or options.csv or "") or None)
            for path in (options.csv, options.report):
                if path:
                    stdout.print(Text(f"Written: {path}"), soft_wrap=True)
        if timeout_error:
            stderr.print(Text(str(timeout_error)), soft_wrap=True)
        if options.keep and session.cloud:
            wait_for_interrupt(stderr, assessment_page_url(session.cloud.api_url, session.assessment))
    return 0 if all(sheet.succeeded for sheet in sheets) else 1


def _check_inputs(options: GradeOptions, stderr: Console) -> list[SubmittedFile]:
    """Return the sheets, after every check that can be made before anything is started."""
    if options.keep and options.api:
        raise UsageError("--keep is for the cloud on this machine; a deployed stack keeps running anyway.")
    for path in (options.paper, options.key):
        if path:
            check_readable(path)
    if options.scheme:
        check_file(options.scheme)
    if options.assessment is not None:
        _check_assessment_name(options.assessment)
    sheets, skipped = collect_sheets(options.sheets)
    # A folder may contain the paper and the key as well as the sheets.
    paper_paths = {path.resolve() for path in (options.paper, options.key) if path}
    sheets = [sheet for sheet in sheets if sheet.path.resolve() not in paper_paths]
    if not sheets:
        raise UsageError("There are no answer sheets: name files or a folder with PDF, JPEG, PNG or TIFF files.")
    if options.roster:
        assign_students(read_roster(options.roster), sheets)
    _print_skipped(skipped, stderr)
    for sheet in sheets:
        if sheet.refusal:
            stderr.print(Text(f"Not sent: {sheet.refusal}"), soft_wrap=True)
    if not options.scheme and not options.key:
        stderr.print(
            Text("No key or scheme is given: only questions that the paper itself answers are marked; review the rest.")
        )
    return sheets


def _print_skipped(skipped: Mapping[Path, str], stderr: Console) -> None:
    others = [path.name for path, detail in skipped.items() if not detail]
    if others:
        names = ", ".join(others[:8]) + (" …" if len(others) > 8 else "")
        stderr.print(Text(f"Skipped {display_text.format_count(len(others), 'file')} of other types: {names}"))
    for path, detail in skipped.items():
        if detail:
            stderr.print(Text(f"Skipped {path.name}: it {detail}."), soft_wrap=True)


@contextmanager
def _open_session(options: GradeOptions, stderr: Console) -> Iterator[GradingSession]:
    name = options.assessment or _default_assessment_name(options.paper)
    if options.api:
        token = os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            raise UsageError(f"Set {TOKEN_VARIABLE} to a token of {options.api}.")
        with ApiClient(options.api, token) as client:
            yield GradingSession(client, name, stderr, poll_seconds=_REMOTE_POLL_SECONDS)
        return
    with start_local_cloud() as cloud, ApiClient(cloud.api_url, cloud.token()) as client:
        stderr.print(Text(f"The page: {assessment_page_url(cloud.api_url, name)}"), soft_wrap=True)
        yield GradingSession(client, name, stderr, cloud, poll_seconds=_LOCAL_POLL_SECONDS)


def _write_results(session: GradingSession, options: GradeOptions, sheets: list[SubmittedFile]) -> None:
    if options.report:
        session.load_report_data(sheets)
        session.write_report(options.report, sheets)
    if options.csv:
        write_csv(options.csv, sheets)
    if options.json == "-":
        json.dump(results_document(session, sheets), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    elif options.json:
        write_json(Path(options.json), results_document(session, sheets))


def _print_warnings(session: GradingSession, stderr: Console) -> None:
    for warning in session.warnings:
        stderr.print(Text(warning, style="yellow"), soft_wrap=True)


def _check_assessment_name(name: str) -> str:
    try:
        return parse_assessment(name)
    except RequestRefused as refused:
        raise UsageError(refused.message) from None


def _default_assessment_name(paper: Path) -> str:
    """Derive an assessment's name from the paper's file name."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", paper.stem).strip("-._")[:64].replace("..", ".")
    return name or "assessment"
