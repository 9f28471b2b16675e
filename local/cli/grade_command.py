"""`gradeline grade`: a folder of sheets against a paper, here or by a deployed stack."""

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
from local.cli.status_polling import PollingTimedOut
from local.cli.submitted_files import SubmittedFile, UsageError, check_file, check_readable, collect_sheets

TOKEN_VARIABLE = "GRADELINE_TOKEN"  # noqa: S105 - the name of a variable
_REMOTE_POLL_SECONDS = 1.5
_LOCAL_POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class GradeOptions:
    """What was asked for on the command line. `json` is a path or "-"; `api` None means here."""

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


def run(request: GradeOptions, *, stdout: Console, stderr: Console) -> int:
    """Grade and tell; 1 where a sheet was rejected or failed.

    Raises
    ------
    UsageError
        A file is missing or not of a kind that is read, a name cannot stand, or no token is given.
    """
    sheets = _check_inputs(request, stderr)
    with _open_session(request, stderr) as session:
        if request.scheme:
            session.put_scheme(request.scheme)
        if request.roster:
            session.client.put_roster(session.assessment, read_regular(request.roster))
        session.prepare(paper_files(request.paper, request.key))
        _print_warnings(session, stderr)
        timeout_error = None
        try:
            session.mark(sheets)
        except PollingTimedOut as error:
            timeout_error = error
        _write_results(session, request, sheets)
        if request.json != "-":
            print_marks(stdout, sheets)
            stdout.print()
            print_review_list(stdout, sheets, full_list_path=str(request.report or request.csv or "") or None)
            for path in (request.csv, request.report):
                if path:
                    stdout.print(Text(f"Written: {path}"), soft_wrap=True)
        if timeout_error:
            stderr.print(Text(str(timeout_error)), soft_wrap=True)
        if request.keep and session.cloud:
            wait_for_interrupt(stderr, assessment_page_url(session.cloud.api_url, session.assessment))
    return 0 if all(sheet.succeeded for sheet in sheets) else 1


def _check_inputs(request: GradeOptions, stderr: Console) -> list[SubmittedFile]:
    """Everything that can be known to be wrong before anything is started."""
    if request.keep and request.api:
        raise UsageError("--keep is for the cloud on this machine; a deployed stack stays anyway.")
    for path in (request.paper, request.key):
        if path:
            check_readable(path)
    if request.scheme:
        check_file(request.scheme)
    if request.assessment is not None:
        _check_assessment_name(request.assessment)
    sheets, skipped = collect_sheets(request.sheets)
    # A folder may hold the paper and the key beside the sheets.
    paper_paths = {path.resolve() for path in (request.paper, request.key) if path}
    sheets = [sheet for sheet in sheets if sheet.path.resolve() not in paper_paths]
    if not sheets:
        raise UsageError("There are no answer sheets: name files or a folder with PDF, JPEG, PNG or TIFF files.")
    if request.roster:
        assign_students(read_roster(request.roster), sheets)
    _print_skipped(skipped, stderr)
    for sheet in sheets:
        if sheet.refusal:
            stderr.print(Text(f"Not sent: {sheet.refusal}"), soft_wrap=True)
    if not request.scheme and not request.key:
        stderr.print(
            Text("No key and no scheme is given: only what the paper itself settles can be marked, the rest is review.")
        )
    return sheets


def _print_skipped(skipped: Mapping[Path, str], stderr: Console) -> None:
    others = [path.name for path, detail in skipped.items() if not detail]
    if others:
        names = ", ".join(others[:8]) + (" …" if len(others) > 8 else "")
        stderr.print(Text(f"Passed over {display_text.format_count(len(others), 'file')} of other types: {names}"))
    for path, detail in skipped.items():
        if detail:
            stderr.print(Text(f"Passed over {path.name}: it {detail}."), soft_wrap=True)


@contextmanager
def _open_session(request: GradeOptions, stderr: Console) -> Iterator[GradingSession]:
    name = request.assessment or _default_assessment_name(request.paper)
    if request.api:
        token = os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            raise UsageError(f"Set {TOKEN_VARIABLE} to a token of {request.api}.")
        with ApiClient(request.api, token) as client:
            yield GradingSession(client, name, stderr, poll_seconds=_REMOTE_POLL_SECONDS)
        return
    with start_local_cloud() as cloud, ApiClient(cloud.api_url, cloud.token()) as client:
        stderr.print(Text(f"The page: {assessment_page_url(cloud.api_url, name)}"), soft_wrap=True)
        yield GradingSession(client, name, stderr, cloud, poll_seconds=_LOCAL_POLL_SECONDS)


def _write_results(session: GradingSession, request: GradeOptions, sheets: list[SubmittedFile]) -> None:
    if request.report:
        session.load_report_data(sheets)
        session.write_report(request.report, sheets)
    if request.csv:
        write_csv(request.csv, sheets)
    if request.json == "-":
        json.dump(results_document(session, sheets), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    elif request.json:
        write_json(Path(request.json), results_document(session, sheets))


def _print_warnings(session: GradingSession, stderr: Console) -> None:
    for warning in session.warnings:
        stderr.print(Text(warning, style="yellow"), soft_wrap=True)


def _check_assessment_name(name: str) -> str:
    try:
        return parse_assessment(name)
    except RequestRefused as refused:
        raise UsageError(refused.message) from None


def _default_assessment_name(paper: Path) -> str:
    """An assessment's name made of the paper's file name."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", paper.stem).strip("-._")[:64].replace("..", ".")
    return name or "assessment"
