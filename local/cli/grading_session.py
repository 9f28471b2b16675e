"""A grading session, from the marking scheme to the marks; shared by `gradeline demo`, `grade`, `smoke` and `serve`."""

import json
import os
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

from rich.console import Console
from rich.text import Text

from core.models.assessment import QuestionPaper
from core.models.document_kinds import DocumentKind
from core.models.submission import IntakeChannel
from core.platform.executions import execution_arn
from local.cli import display_text
from local.cli.api_client import ApiClient, ApiError
from local.cli.execution_timeline import ExecutionTimeline, read_history, timeline_from_history, timeline_from_status
from local.cli.file_sending import DropFolderPut, send_files
from local.cli.live_progress import LiveProgress
from local.cli.marks_csv import marks_to_csv
from local.cli.regular_files import read_regular
from local.cli.report import write_report
from local.cli.status_polling import poll_until_finished
from local.cli.submitted_files import SubmittedFile, UsageError

if TYPE_CHECKING:
    from local.cloud.local_cloud import LocalCloud

_MIN_TIMEOUT_MINUTES = 15
_TIMEOUT_MINUTES_PER_SHEET = 2


class UnusablePaper(Exception):
    """The question paper or the answer key could not be used, so nothing can be marked."""


@dataclass
class GradingSession:
    """Sends the documents of one assessment and collects their results.

    `progress` is the console for live progress; `cloud` is the local cloud, None if the API is remote; `poll_seconds`
    is the time between two polls of the API in seconds.
    """

    client: ApiClient
    assessment: str
    progress: Console
    cloud: "LocalCloud | None" = None
    poll_seconds: float = 0.5
    paper: QuestionPaper | None = None
    maximum_marks: dict[str, Any] | None = None
    title: str = ""
    warnings: list[str] = field(default_factory=list)
    _timelines_refreshed_at: float = 0.0

    def put_scheme(self, path: Path) -> None:
        """Send the marking scheme and collect its warnings.

        Raises
        ------
        UsageError
            The scheme is invalid; the message names the file, the line and the error.
        """
        media_type = "application/json" if path.suffix.lower() == ".json" else "application/yaml"
        try:
            stored = self.client.put_scheme(self.assessment, read_regular(path), media_type)
        except ApiError as error:
            if error.status in (400, 422):
                raise UsageError(f"{path}: {error}") from None
            raise
        self.warnings += [f"{path.name}: {warning}" for warning in stored.warnings]

    def prepare(self, papers: Sequence[SubmittedFile]) -> None:
        """Send the paper, and the answer key if it is a document, and wait until both are ready.

        The sheets are sent only afterwards: they could be read in the meantime, but a key that is ready after a sheet
        was marked would change its marks.

        Raises
        ------
        UnusablePaper
            The paper or the key could not be used.
        """
        # One after the other: a key can often be understood only with its paper.
        for paper in papers:
            with self._spinner(f"Reading the {paper.kind.rules.title} …"):
                send_files([paper], self.client, self.assessment)
                self._poll([paper], lambda: None)
            if not paper.succeeded:
                raise UnusablePaper(f"{paper.path.name}: {paper.failure}")
        self.load_paper()

    def load_paper(self) -> None:
        """Load the current paper and its warnings. The title comes from the marking scheme if it has one."""
        found = self.client.assessment(self.assessment)
        self.paper, self.maximum_marks = found.paper, found.maximum_marks
        self.title = found.scheme_title or (self.paper.title if self.paper else "") or self.assessment
        self.warnings += [f"The paper: {warning}" for warning in found.paper_warnings]
        # Warnings about the scheme alone were already listed when it was sent.
        new_warnings = [one for one in found.scheme_warnings if not _is_already_listed(one, self.warnings)]
        self.warnings += [f"The marking scheme: {warning}" for warning in new_warnings]

    def mark(self, sheets: Sequence[SubmittedFile]) -> None:
        """Send the sheets and show their progress until each has ended."""
        with LiveProgress(sheets, self.progress) as live_progress:
            live_progress.show()
            send_files(sheets, self.client, self.assessment, drop_folder_put=self._drop_folder_put())

            def show() -> None:
                live_progress.clock_offset_seconds = self.client.clock_offset_seconds
                self._refresh_timelines(sheets)
                live_progress.show()

            self._poll(sheets, show)

    def load_report_data(self, sheets: Sequence[SubmittedFile]) -> None:
        """Load what the report needs in addition to the marks: transcripts, and when each branch ran."""
        for sheet in sheets:
            sheet.timeline = self._load_timeline(sheet)
            if sheet.result and sheet.graded_submission:
                sheet.transcript = self.client.transcript(sheet.graded_submission.id)

    def write_report(self, path: Path, sheets: Sequence[SubmittedFile]) -> int:
        moment = datetime.now().astimezone()
        with self._spinner("Writing the report …"):
            return write_report(
                path,
                assessment=self.assessment,
                title=self.title,
                made_at=f"{moment.day} {moment:%B %Y, %H:%M}",
                paper=self.paper,
                maximum_marks=self.maximum_marks,
                sheets=sheets,
                notes=[*self.notes(sheets), *self.warnings],
            )

    def notes(self, sheets: Sequence[SubmittedFile]) -> list[str]:
        """Return sentences to show under the marks."""
        markers = {mark.marker for sheet in sheets for mark in sheet.marks}
        found = []
        if "key-points" in markers and not any(marker.startswith("model:") for marker in markers):
            found.append("Free text was marked by key points, as no model is configured: those marks are provisional.")
        timelines = [sheet.timeline for sheet in sheets if sheet.timeline and sheet.result]
        saved = [timeline.saved_seconds for timeline in timelines if timeline.saved_seconds is not None]
        if saved and sum(saved) > 0:
            source = (
                "the executions' histories" if all(timeline.is_from_history for timeline in timelines) else "the record"
            )
            found.append(
                "Storing and recording ran while the pages were read: that saved "
                f"{display_text.format_seconds(sum(saved) / len(saved))} a sheet, "
                f"{display_text.format_seconds(sum(saved))} in all ({source})."
            )
        return found

    def _spinner(self, what: str) -> AbstractContextManager[Any]:
        """Show a spinner for the duration of the block, on a terminal only."""
        return self.progress.status(what) if self.progress.is_terminal else nullcontext()

    def _poll(self, submitted_files: Sequence[SubmittedFile], show: Any) -> None:
        minutes = max(_MIN_TIMEOUT_MINUTES, _TIMEOUT_MINUTES_PER_SHEET * len(submitted_files))
        poll_until_finished(
            submitted_files,
            self.client,
            self.assessment,
            poll_seconds=self.poll_seconds,
            timeout_seconds=60 * minutes,
            show=show,
        )

    def _refresh_timelines(self, sheets: Sequence[SubmittedFile]) -> None:
        """Update the timelines of running sheets from the execution histories, which only the local cloud offers."""
        now = time.monotonic()
        if self.cloud is None or now - self._timelines_refreshed_at < self.poll_seconds:
            return
        self._timelines_refreshed_at = now
        for sheet in sheets:
            if sheet.id and not sheet.ended:
                sheet.timeline = self._load_timeline(sheet)

    def _drop_folder_put(self) -> DropFolderPut | None:
        if self.cloud is None:
            return None
        s3, bucket = self.cloud.client("s3"), self.cloud.stack.bucket("TempBucket")

        def put(key: str, body: bytes, media_type: str) -> None:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=media_type)

        return put

    def _load_timeline(self, sheet: SubmittedFile) -> ExecutionTimeline | None:
        if self.cloud is None or sheet.id is None:
            return timeline_from_status(sheet.status.branches) if sheet.status else None
        # Only run 1 reads and stores the file; a later run uses what run 1 stored and has no branches to show.
        arn = execution_arn(self.cloud.stack.state_machine_arn, sheet.id, 1)
        stepfunctions = self.cloud.client("stepfunctions")
        try:
            return timeline_from_history(read_history(stepfunctions, arn))
        except stepfunctions.exceptions.ExecutionDoesNotExist:
            return None


def _is_already_listed(warning: str, listed: Sequence[str]) -> bool:
    return any(listed_warning.endswith(f": {warning}") for listed_warning in listed)


def assessment_page_url(url: str, assessment: str) -> str:
    """Return the address of an assessment on the web page of the local cloud."""
    return f"{url}/#/a/{quote(assessment, safe='')}"


def wait_for_interrupt(console: Console, page: str) -> NoReturn:
    """Print the page's address and keep the local cloud running until Ctrl-C."""
    console.print(Text(f"The local cloud runs until Ctrl-C: {page}"), soft_wrap=True)
    while True:
        time.sleep(3600)


def start_local_cloud(*, port: int = 0, folder: Path | None = None) -> "LocalCloud":
    """Start the local cloud with the model that the environment names (MODEL, OPENAI_BASE_URL, OPENAI_API_KEY).

    An API key alone configures no model: answers leave this machine only if a model is named.
    """
    from local.cloud.local_cloud import LocalCloud

    given = {"Model": os.environ.get("MODEL", ""), "ModelBaseUrl": os.environ.get("OPENAI_BASE_URL", "")}
    parameters = {name: value for name, value in given.items() if value and given["Model"]}
    key = os.environ.get("OPENAI_API_KEY", "")
    return LocalCloud(
        port=port,
        folder=folder,
        environment={"OPENAI_API_KEY": key} if key and given["Model"] else {},
        # Dropped files belong to the one teacher who is signed in to the local cloud.
        parameters={"DropTenant": "demo", **parameters},
    )


def results_document(session: GradingSession, sheets: Sequence[SubmittedFile]) -> dict[str, Any]:
    """Return the JSON document of `gradeline grade --json`."""
    return {
        "assessment": session.assessment,
        "paper": session.paper.to_dict() if session.paper else None,
        "sheets": [
            {
                "file": str(sheet.path),
                "student": sheet.student_label,
                "id": sheet.id,
                "state": sheet.status.state.value if sheet.status else None,
                "problem": sheet.failure,
                "result": sheet.result.to_dict() if sheet.result else None,
            }
            for sheet in sheets
        ],
        "marked": sum(sheet.result is not None for sheet in sheets),
        "failed": sum(not sheet.succeeded for sheet in sheets),
        "review": sum(len(sheet.marks_in_review) for sheet in sheets),
        "warnings": session.warnings,
    }


def write_csv(path: Path, sheets: Sequence[SubmittedFile]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(marks_to_csv(sheets))


def write_json(path: Path, body: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def paper_files(paper: Path, key: Path | None) -> list[SubmittedFile]:
    found = [SubmittedFile(paper, DocumentKind.QUESTION_PAPER, channel=IntakeChannel.API)]
    return found + ([SubmittedFile(key, DocumentKind.ANSWER_KEY, channel=IntakeChannel.API)] if key else [])
