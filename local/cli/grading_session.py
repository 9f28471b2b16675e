"""One errand from the scheme to the marks: what `gradeline demo` and `gradeline grade` have in common."""

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
from core.models.submission import DocumentKind, IntakeChannel
from core.platform.executions import execution_arn
from local.cli import display_text
from local.cli.api_client import ApiClient, ApiError
from local.cli.execution_timeline import ExecutionTimeline, read_history, timeline_from_history, timeline_from_status
from local.cli.live_progress import LiveProgress
from local.cli.marks_csv import marks_to_csv
from local.cli.regular_files import read_regular
from local.cli.report import write_report
from local.cli.status_polling import poll_until_finished
from local.cli.submitted_files import DropFolderPut, SubmittedFile, UsageError, send_files

if TYPE_CHECKING:
    from local.cloud.local_cloud import LocalCloud

_MIN_TIMEOUT_MINUTES = 15
_TIMEOUT_MINUTES_PER_SHEET = 2


class UnusablePaper(Exception):
    """The question paper or the answer key did not become a paper: nothing can be marked."""


@dataclass
class GradingSession:
    """`progress` is where the lanes are shown; `cloud` the local one, None where the API is elsewhere;
    `every` how often the API is asked, in seconds."""

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
        """
        Raises
        ------
        UsageError
            The scheme is not one: the message names the file and what is wrong in which line.
        """
        media_type = "application/json" if path.suffix.lower() == ".json" else "application/yaml"
        try:
            answer = self.client.put_scheme(self.assessment, read_regular(path), media_type)
        except ApiError as error:
            if error.status in (400, 422):
                raise UsageError(f"{path}: {error}") from None
            raise
        self.warnings += [f"{path.name}: {warning}" for warning in answer.get("warnings") or ()]

    def prepare(self, papers: Sequence[SubmittedFile]) -> None:
        """Send the paper, and the key as a document where there is one, and wait until they can be marked by.

        Sheets would be read meanwhile, but a key that comes after a sheet's marks would change them.

        Raises
        ------
        PaperNotUsable
        """
        # One after the other: what a key means is often said by its paper alone.
        for paper in papers:
            named = "question paper" if paper.kind is DocumentKind.QUESTION_PAPER else "answer key"
            with self._spinner(f"Reading the {named} …"):
                send_files([paper], self.client, self.assessment)
                self._poll([paper], lambda: None)
            if not paper.succeeded:
                raise UnusablePaper(f"{paper.path.name}: {paper.failure}")
        self.load_paper()

    def load_paper(self) -> None:
        """The paper that counts now, with its warnings; the title is the teacher's own where the scheme has one."""
        found = self.client.assessment(self.assessment)
        self.paper = QuestionPaper.from_dict(found["paper"]) if found.get("paper") else None
        scheme = found.get("scheme") or {}
        # What each question is worth; a stack of an older release does not say it.
        self.maximum_marks = found.get("maximum_marks")
        self.title = scheme.get("title") or (self.paper.title if self.paper else "") or self.assessment
        if self.paper:
            doubts = self.maximum_marks["warnings"] if self.maximum_marks else self.paper.warnings
            self.warnings += [f"The paper: {warning}" for warning in doubts]
        # Those of the scheme alone were told when it was sent.
        new_warnings = [
            warning for warning in scheme.get("warnings") or () if not _is_already_listed(warning, self.warnings)
        ]
        self.warnings += [f"The marking scheme: {warning}" for warning in new_warnings]

    def mark(self, sheets: Sequence[SubmittedFile]) -> None:
        """Send the sheets at once and show their lanes until each has ended."""
        with LiveProgress(sheets, self.progress) as branches:
            branches.show()
            send_files(sheets, self.client, self.assessment, drop=self._drop_folder_put())

            def show() -> None:
                branches.clock_offset_seconds = self.client.clock_offset_seconds
                self._refresh_timelines(sheets)
                branches.show()

            self._poll(sheets, show)

    def load_report_data(self, sheets: Sequence[SubmittedFile]) -> None:
        """What the report shows beside the marks: what was read, and when each lane ran."""
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
        """Sentences that belong under the marks."""
        markers = {mark.marker for sheet in sheets for mark in sheet.marks}
        found = []
        if "key-points" in markers and not any(marker.startswith("model:") for marker in markers):
            found.append("Free text was marked by key points, as no model is configured: those marks are provisional.")
        branches = [sheet.timeline for sheet in sheets if sheet.timeline and sheet.result]
        saved = [branch.saved_seconds for branch in branches if branch.saved_seconds is not None]
        if saved and sum(saved) > 0:
            source = "the executions' histories" if all(branch.is_from_history for branch in branches) else "the record"
            found.append(
                "Storing and recording ran while the pages were read: that saved "
                f"{display_text.format_seconds(sum(saved) / len(saved))} a sheet, "
                f"{display_text.format_seconds(sum(saved))} in all ({source})."
            )
        return found

    def _spinner(self, what: str) -> AbstractContextManager[Any]:
        """Something turns while it lasts, where somebody looks."""
        return self.progress.status(what) if self.progress.is_terminal else nullcontext()

    def _poll(self, submitted_files: Sequence[SubmittedFile], show: Any) -> None:
        minutes = max(_MIN_TIMEOUT_MINUTES, _TIMEOUT_MINUTES_PER_SHEET * len(submitted_files))
        poll_until_finished(
            submitted_files, self.client, self.assessment, poll_seconds=self.poll_seconds, limit=60 * minutes, show=show
        )

    def _refresh_timelines(self, sheets: Sequence[SubmittedFile]) -> None:
        """While the lanes run, their times are the executions' own where those are at hand."""
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
        # Run 1 is the arrival: a later one finds what was read and kept, and has no lanes to speak of.
        arn = execution_arn(self.cloud.stack.state_machine_arn, sheet.id, 1)
        stepfunctions = self.cloud.client("stepfunctions")
        try:
            return timeline_from_history(read_history(stepfunctions, arn))
        except stepfunctions.exceptions.ExecutionDoesNotExist:
            return None


def _is_already_listed(warning: str, listed: Sequence[str]) -> bool:
    return any(one.endswith(f": {warning}") for one in listed)


def assessment_page_url(url: str, assessment: str) -> str:
    """An assessment on the page of the local cloud."""
    return f"{url}/#/a/{quote(assessment, safe='')}"


def wait_for_interrupt(console: Console, page: str) -> NoReturn:
    """Keep the local cloud until Ctrl-C."""
    console.print(Text(f"The local cloud goes on until Ctrl-C: {page}"), soft_wrap=True)
    while True:
        time.sleep(3600)


def start_local_cloud(*, port: int = 0, folder: Path | None = None) -> "LocalCloud":
    """The local cloud, with the model that the environment names (MODEL, OPENAI_BASE_URL, OPENAI_API_KEY).

    A key alone configures nothing: answers leave this machine only where a model is named.
    """
    from local.cloud.local_cloud import LocalCloud

    given = {"Model": os.environ.get("MODEL", ""), "ModelBaseUrl": os.environ.get("OPENAI_BASE_URL", "")}
    parameters = {name: value for name, value in given.items() if value and given["Model"]}
    key = os.environ.get("OPENAI_API_KEY", "")
    return LocalCloud(
        port=port,
        folder=folder,
        environment={"OPENAI_API_KEY": key} if key and given["Model"] else {},
        # What is dropped here belongs to the one teacher who is signed in here.
        parameters={"DropTenant": "demo", **parameters},
    )


def results_document(session: GradingSession, sheets: Sequence[SubmittedFile]) -> dict[str, Any]:
    """The JSON document of `gradeline grade --json`."""
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
