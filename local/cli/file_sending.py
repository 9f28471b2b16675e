"""Sends files through their intake channels: the API, a presigned upload or the drop folder."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

from core.models import media_types
from core.models.submission import IntakeChannel
from core.platform.settings import Settings
from local.cli.api_client import ApiClient, ApiError
from local.cli.regular_files import UnusableFile, read_regular
from local.cli.submitted_files import SubmittedFile

_MAX_PARALLEL_REQUESTS = 8

DropFolderPut = Callable[[str, bytes, str], None]
"""Puts an object into the drop folder's bucket; arguments: key, body, media type."""


def send_files(
    submitted_files: Sequence[SubmittedFile],
    client: ApiClient,
    assessment: str,
    *,
    drop_folder_put: DropFolderPut | None = None,
) -> None:
    """Send files in parallel, at most eight at a time. The first failure stops the files not yet started.

    Raises
    ------
    ApiUnreachable, ApiError
        The API does not answer, or the token is not accepted.
    """
    waiting: SimpleQueue[SubmittedFile] = SimpleQueue()
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for submitted in submitted_files:
        waiting.put(submitted)

    def work() -> None:
        while True:
            try:
                send_file(waiting.get_nowait(), client, assessment, drop_folder_put=drop_folder_put)
            except Empty:
                return
            except BaseException as error:  # noqa: BLE001 - raised again by the waiting thread
                done.put(error)
            else:
                done.put(None)

    # Daemon threads: after Ctrl-C or a refused token, the process does not wait for a response that may not come.
    for _ in range(min(len(submitted_files), _MAX_PARALLEL_REQUESTS)):
        Thread(target=work, daemon=True, name="send").start()
    for _ in submitted_files:
        failure = done.get()
        if failure is not None:
            with suppress(Empty):
                while True:
                    waiting.get_nowait()
            raise failure


def send_file(
    submitted: SubmittedFile, client: ApiClient, assessment: str, *, drop_folder_put: DropFolderPut | None = None
) -> None:
    """Send one file through its channel, unless it is already refused.

    A refusal by the API, or the reason why the file can no longer be opened, is stored in `refusal` and not raised. A
    file too large for a request body is uploaded to S3.

    Raises
    ------
    ApiUnreachable, ApiError
        The API does not answer, or the token is not accepted (401, 403).
    """
    if submitted.refusal is not None:
        return
    try:
        body = read_regular(submitted.path, within=submitted.folder)
    except UnusableFile as error:
        submitted.refusal = str(error)
        return
    media_type = media_types.media_type_from_name(submitted.path.name) or "application/octet-stream"
    if submitted.channel is IntakeChannel.DROP and drop_folder_put:
        drop_folder_put(drop_key(submitted, assessment), body, media_type)
        return
    if submitted.channel is IntakeChannel.API and len(body) > Settings.max_body_bytes:
        submitted.channel = IntakeChannel.UPLOAD
    call = client.upload if submitted.channel is IntakeChannel.UPLOAD else client.submit
    try:
        accepted = call(assessment, submitted.kind.value, body, media_type=media_type, student=submitted.student)
    except ApiError as error:
        if error.status in (401, 403):
            raise
        submitted.refusal = str(error)
    else:
        submitted.id, submitted.run = accepted.id, accepted.run


def drop_key(submitted: SubmittedFile, assessment: str) -> str:
    """Return a file's S3 key in the drop_folder_put folder (`receive/drop_folder.py` has the grammar)."""
    extension = submitted.path.suffix.lower()
    stem = submitted.kind.rules.drop_folder_stem or f"answers/{submitted.student}"
    return f"drop/{assessment}/{stem}{extension}"
