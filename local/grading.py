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

from core.errors import RequestRefused
from core.submission import parse_assessment
from local import wording
from local.client import ApiClient
from local.deliveries import Delivery, UsageError, check_file, check_readable, collect
from local.errand import Errand, document, open_cloud, page_of, papers, stay, write_csv, write_json
from local.following import TookTooLong
from local.marks_table import print_doubts, print_marks
from local.regular_files import read_regular
from local.roll import name_by, read_roster

TOKEN = "GRADELINE_TOKEN"  # noqa: S105 - the name of a variable
_EVERY_REMOTE = 1.5
_EVERY_LOCAL = 0.5


@dataclass(frozen=True, slots=True)
class Request:
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


def run(request: Request, *, stdout: Console, stderr: Console) -> int:
    """Grade and tell; 1 where a sheet was rejected or failed.

    Raises
    ------
    UsageError
        A file is missing or not of a kind that is read, a name cannot stand, or no token is given.
    """
    sheets = _check(request, stderr)
    with _errand(request, stderr) as errand:
        if request.scheme:
            errand.put_scheme(request.scheme)
        if request.roster:
            errand.client.put_roster(errand.assessment, read_regular(request.roster))
        errand.prepare(papers(request.paper, request.key))
        _tell_warnings(errand, stderr)
        late = None
        try:
            errand.mark(sheets)
        except TookTooLong as error:
            late = error
        _write(errand, request, sheets)
        if request.json != "-":
            print_marks(stdout, sheets)
            stdout.print()
            print_doubts(stdout, sheets, more_at=str(request.report or request.csv or "") or None)
            for path in (request.csv, request.report):
                if path:
                    stdout.print(Text(f"Written: {path}"), soft_wrap=True)
        if late:
            stderr.print(Text(str(late)), soft_wrap=True)
        if request.keep and errand.cloud:
            stay(stderr, page_of(errand.cloud.api_url, errand.assessment))
    return 0 if all(sheet.well for sheet in sheets) else 1


def _check(request: Request, stderr: Console) -> list[Delivery]:
    """Everything that can be known to be wrong before anything is started."""
    if request.keep and request.api:
        raise UsageError("--keep is for the cloud on this machine; a deployed stack stays anyway.")
    for path in (request.paper, request.key):
        if path:
            check_readable(path)
    if request.scheme:
        check_file(request.scheme)
    if request.assessment is not None:
        _parsed(request.assessment)
    sheets, passed_over = collect(request.sheets)
    # A folder may hold the paper and the key beside the sheets.
    own = {path.resolve() for path in (request.paper, request.key) if path}
    sheets = [sheet for sheet in sheets if sheet.path.resolve() not in own]
    if not sheets:
        raise UsageError("There are no answer sheets: name files or a folder with PDF, JPEG, PNG or TIFF files.")
    if request.roster:
        name_by(read_roster(request.roster), sheets)
    _tell_passed_over(passed_over, stderr)
    for sheet in sheets:
        if sheet.refusal:
            stderr.print(Text(f"Not sent: {sheet.refusal}"), soft_wrap=True)
    if not request.scheme and not request.key:
        stderr.print(
            Text("No key and no scheme is given: only what the paper itself settles can be marked, the rest is review.")
        )
    return sheets


def _tell_passed_over(passed_over: Mapping[Path, str], stderr: Console) -> None:
    others = [path.name for path, why in passed_over.items() if not why]
    if others:
        names = ", ".join(others[:8]) + (" …" if len(others) > 8 else "")
        stderr.print(Text(f"Passed over {wording.count(len(others), 'file')} of other types: {names}"))
    for path, why in passed_over.items():
        if why:
            stderr.print(Text(f"Passed over {path.name}: it {why}."), soft_wrap=True)


@contextmanager
def _errand(request: Request, stderr: Console) -> Iterator[Errand]:
    name = request.assessment or _name(request.paper)
    if request.api:
        token = os.environ.get(TOKEN, "")
        if not token:
            raise UsageError(f"Set {TOKEN} to a token of {request.api}.")
        with ApiClient(request.api, token) as client:
            yield Errand(client, name, stderr, every=_EVERY_REMOTE)
        return
    with open_cloud() as cloud, ApiClient(cloud.api_url, cloud.token()) as client:
        stderr.print(Text(f"The page: {page_of(cloud.api_url, name)}"), soft_wrap=True)
        yield Errand(client, name, stderr, cloud, every=_EVERY_LOCAL)


def _write(errand: Errand, request: Request, sheets: list[Delivery]) -> None:
    if request.report:
        errand.gather(sheets)
        errand.write_report(request.report, sheets)
    if request.csv:
        write_csv(request.csv, sheets)
    if request.json == "-":
        json.dump(document(errand, sheets), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    elif request.json:
        write_json(Path(request.json), document(errand, sheets))


def _tell_warnings(errand: Errand, stderr: Console) -> None:
    for warning in errand.warnings:
        stderr.print(Text(warning, style="yellow"), soft_wrap=True)


def _parsed(name: str) -> str:
    try:
        return parse_assessment(name)
    except RequestRefused as refused:
        raise UsageError(refused.message) from None


def _name(paper: Path) -> str:
    """An assessment's name made of the paper's file name."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", paper.stem).strip("-._")[:64].replace("..", ".")
    return name or "assessment"
