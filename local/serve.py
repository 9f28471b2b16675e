"""`gradeline serve`: the local cloud with its API, page and drop folder until Ctrl-C.

Started again on the same folder it goes on where it was, however it ended.
"""

import shlex
import time
from pathlib import Path
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from local.client import ApiClient, ApiError, Unreachable
from local.cloud.local_cloud import LocalCloud
from local.cloud.private_files import write_private
from local.dropfolder import DropFolder, printable
from local.dropledger import Ledger
from local.dropped import Dropped
from local.errand import Errand, open_cloud

_ROUND_SECONDS = 1.0
_TOKEN = "token"  # noqa: S105 - the name of a file
_TOKEN_SECONDS = 6 * 3600


def run(*, port: int, folder: Path, stdout: Console, stderr: Console) -> NoReturn:
    """Never returns by itself: Ctrl-C (KeyboardInterrupt) ends it, and the cloud with it."""
    folder = folder.resolve()
    with open_cloud(port=port, folder=folder) as cloud:
        watch(cloud, folder, stdout=stdout, stderr=stderr)


def watch(cloud: LocalCloud, folder: Path, *, stdout: Console, stderr: Console) -> NoReturn:
    """Serves the drop folder of a running cloud until something ends it.

    Raises
    ------
    CloudError
        What is sent can no longer be kept (the disk is full, say).
    """
    _write_token(cloud, folder)
    with ApiClient(cloud.api_url, cloud.token) as client:
        dropped = _dropped(cloud, client, folder, stdout)
        dropped.folder.prepare()
        dropped.go_on()
        _tell(cloud, folder, stdout)
        renewed, told = time.monotonic(), ""
        while True:
            cloud.check()
            if time.monotonic() - renewed > _TOKEN_SECONDS:
                _write_token(cloud, folder)
                renewed = time.monotonic()
            told = look(dropped, stderr, told)
            time.sleep(_ROUND_SECONDS)


def look(dropped: Dropped, stderr: Console, told: str) -> str:
    """One round. What goes wrong (a folder unplugged, say) does not end the service: it is told, once as long as it
    lasts. `told` and the answer are what was said of this round and the one before, "" where all was well."""
    try:
        dropped.look()
    except Exception as error:  # noqa: BLE001 - the service goes on, whatever a round met
        expected = isinstance(error, ApiError | Unreachable | OSError | BotoCoreError | ClientError)
        sentence = printable(f"{error}" if expected else f"{type(error).__name__}: {error}")
        if sentence != told:
            stderr.print(Text(sentence, style="yellow"), soft_wrap=True)
        return sentence
    return ""


def _dropped(cloud: LocalCloud, client: ApiClient, folder: Path, stdout: Console) -> Dropped:
    def say(line: str) -> None:
        stdout.print(Text.assemble((time.strftime("%H:%M:%S  "), "dim"), line), soft_wrap=True)

    return Dropped(
        DropFolder(folder / "drop", time.monotonic, Ledger(folder / "dropped.jsonl", folder / "drop")),
        results=folder / "results",
        s3=cloud.client("s3"),
        bucket=cloud.stack.bucket("TempBucket"),
        client=client,
        errand=lambda assessment: Errand(client, assessment, stdout, cloud),
        say=say,
    )


def _tell(cloud: LocalCloud, folder: Path, stdout: Console) -> None:
    def line(name: str, value: str) -> None:
        stdout.print(Text.assemble((f"  {name:<12}", "dim"), value), soft_wrap=True)

    stdout.print(Text("Gradeline is running, for this machine alone. Ctrl-C stops it.", style="bold"))
    stdout.print()
    line("Page", f"{cloud.api_url}/")
    line("API", cloud.api_url)
    line("Drop folder", str(folder / "drop"))
    line("Marks", str(folder / "results"))
    stdout.print()
    stdout.print(Text("Put files into the drop folder and they are read and marked:"))
    for example in ("question-paper.pdf", "marking-scheme.yaml", "answers/STUDENT.pdf"):
        stdout.print(Text(f"  {folder / 'drop'}/ASSESSMENT/{example}"), soft_wrap=True)
    stdout.print()
    stdout.print(Text("Or use the API; its token lies in a file and is renewed while this runs:"))
    stdout.print(Text(f'  AUTH="Authorization: Bearer $(cat {shlex.quote(str(folder / _TOKEN))})"'), soft_wrap=True)
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
    write_private(folder / _TOKEN, cloud.token().encode())
