"""`gradeline serve`: runs the local cloud with its API, page and drop folder until Ctrl-C.

Started again on the same folder, it continues where it stopped, however it ended.
"""

import shlex
import time
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from local.cli.api_client import ApiClient
from local.cli.drop_folder import DropFolder, SentFileLog, escape_invalid_utf8
from local.cli.drop_folder_service import DropFolderService
from local.cli.failure_reporter import failure_text
from local.cli.grading_session import GradingSession, start_local_cloud
from local.cloud.local_cloud import LocalCloud
from local.cloud.private_files import write_private

_POLL_SECONDS = 1.0
_TOKEN_FILE = "token"  # noqa: S105 - the name of a file
_TOKEN_RENEWAL_SECONDS = 6 * 3600


def run(*, port: int, folder: Path, stdout: Console, stderr: Console) -> NoReturn:
    """Run until Ctrl-C (KeyboardInterrupt), which also stops the cloud."""
    folder = folder.resolve()
    with start_local_cloud(port=port, folder=folder) as cloud:
        serve_drop_folder(cloud, folder, stdout=stdout, stderr=stderr)


def serve_drop_folder(cloud: LocalCloud, folder: Path, *, stdout: Console, stderr: Console) -> NoReturn:
    """Serve the drop folder of a running cloud until interrupted.

    Raises
    ------
    CloudError
        The cloud can no longer store what is sent (for example, the disk is full).
    """
    _write_token(cloud, folder)
    with ApiClient(cloud.api_url, cloud.token) as client:
        service = _make_drop_folder_service(cloud, client, folder, stdout)
        service.folder.prepare()
        service.resume_tracking()
        _print_instructions(cloud, folder, stdout)
        renewed_at, last_error = time.monotonic(), ""
        while True:
            cloud.check()
            if time.monotonic() - renewed_at > _TOKEN_RENEWAL_SECONDS:
                _write_token(cloud, folder)
                renewed_at = time.monotonic()
            last_error = poll_once(service, stderr, last_error)
            time.sleep(_POLL_SECONDS)


def poll_once(service: DropFolderService, stderr: Console, last_error: str) -> str:
    """Run one round and return its error message, "" if there was none.

    A failure (for example an unplugged folder) does not end the service. It is printed once for as long as it lasts:
    `last_error` is the message of the previous round.
    """
    try:
        service.poll_once()
    except Exception as error:  # noqa: BLE001 - no failure of a round ends the service
        sentence = escape_invalid_utf8(failure_text(error))
        if sentence != last_error:
            stderr.print(Text(sentence, style="yellow"), soft_wrap=True)
        return sentence
    return ""


def _make_drop_folder_service(cloud: LocalCloud, client: ApiClient, folder: Path, stdout: Console) -> DropFolderService:
    def print_line(line: str) -> None:
        stdout.print(Text.assemble((time.strftime("%H:%M:%S  "), "dim"), line), soft_wrap=True)

    return DropFolderService(
        DropFolder(folder / "drop", time.monotonic, SentFileLog(folder / "dropped.jsonl", folder / "drop")),
        results=folder / "results",
        s3=cloud.client("s3"),
        bucket=cloud.stack.bucket("TempBucket"),
        client=client,
        session=lambda assessment: GradingSession(client, assessment, stdout, cloud),
        print_line=print_line,
    )


def _print_instructions(cloud: LocalCloud, folder: Path, stdout: Console) -> None:
    def line(name: str, value: str) -> None:
        stdout.print(Text.assemble((f"  {name:<12}", "dim"), value), soft_wrap=True)

    stdout.print(Text("Gradeline is running, reachable from this machine only. Ctrl-C stops it.", style="bold"))
    stdout.print()
    line("Page", f"{cloud.api_url}/")
    line("API", cloud.api_url)
    line("Drop folder", str(folder / "drop"))
    line("Marks", str(folder / "results"))
    stdout.print()
    stdout.print(Text("Files in the drop folder are read and marked:"))
    for example in ("question-paper.pdf", "marking-scheme.yaml", "answers/STUDENT.pdf"):
        stdout.print(Text(f"  {folder / 'drop'}/ASSESSMENT/{example}"), soft_wrap=True)
    stdout.print()
    stdout.print(Text("Or use the API; its token is in a file and is renewed while this runs:"))
    stdout.print(
        Text(f'  AUTH="Authorization: Bearer $(cat {shlex.quote(str(folder / _TOKEN_FILE))})"'), soft_wrap=True
    )
    for example in (
        f'curl -X PUT -H "$AUTH" -H "Content-Type: application/yaml" --data-binary @scheme.yaml '
        f"{cloud.api_url}/assessments/NAME/marking-scheme",
        f'curl -H "$AUTH" -H "Content-Type: application/pdf" --data-binary @sheet.pdf '
        f'"{cloud.api_url}/submissions?assessment=NAME&kind=answer_sheet&student=Mina"',
        f'curl -H "$AUTH" {cloud.api_url}/assessments/NAME/results.csv',
    ):
        stdout.print(Text(f"  {example}"), soft_wrap=True)
    stdout.print()


def _write_token(cloud: LocalCloud, folder: Path) -> None:
    write_private(folder / _TOKEN_FILE, cloud.token().encode())
