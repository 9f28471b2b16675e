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

from core.assessment import QuestionPaper
from core.flow import execution_arn
from core.submission import Door, Kind
from local import wording
from local.client import ApiClient, ApiError
from local.deliveries import Delivery, Drop, UsageError, send_all
from local.following import follow
from local.gradebook import to_csv
from local.lanes import LaneBoard
from local.regular_files import read_regular
from local.report import write_report
from local.timeline import Timeline, from_history, from_lanes, read_history

if TYPE_CHECKING:
    from local.cloud.local_cloud import LocalCloud

_MINUTES_AT_LEAST = 15
_MINUTES_A_SHEET = 2


class PaperNotUsable(Exception):
    """The question paper or the answer key did not become a paper: nothing can be marked."""


@dataclass
class Errand:
    """`progress` is where the lanes are shown; `cloud` the local one, None where the API is elsewhere;
    `every` how often the API is asked, in seconds."""

    client: ApiClient
    assessment: str
    progress: Console
    cloud: "LocalCloud | None" = None
    every: float = 0.5
    paper: QuestionPaper | None = None
    maximum_marks: dict[str, Any] | None = None
    title: str = ""
    warnings: list[str] = field(default_factory=list)
    _looked: float = 0.0

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

    def prepare(self, papers: Sequence[Delivery]) -> None:
        """Send the paper, and the key as a document where there is one, and wait until they can be marked by.

        Sheets would be read meanwhile, but a key that comes after a sheet's marks would change them.

        Raises
        ------
        PaperNotUsable
        """
        # One after the other: what a key means is often said by its paper alone.
        for paper in papers:
            named = "question paper" if paper.kind is Kind.QUESTION_PAPER else "answer key"
            with self._busy(f"Reading the {named} …"):
                send_all([paper], self.client, self.assessment)
                self._follow([paper], lambda: None)
            if not paper.well:
                raise PaperNotUsable(f"{paper.path.name}: {paper.problem}")
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
        said = [warning for warning in scheme.get("warnings") or () if not _is_told(warning, self.warnings)]
        self.warnings += [f"The marking scheme: {warning}" for warning in said]

    def mark(self, sheets: Sequence[Delivery]) -> None:
        """Send the sheets at once and show their lanes until each has ended."""
        with LaneBoard(sheets, self.progress) as lanes:
            lanes.show()
            send_all(sheets, self.client, self.assessment, drop=self._drop())

            def show() -> None:
                lanes.clock_ahead = self.client.clock_ahead
                self._look_at_histories(sheets)
                lanes.show()

            self._follow(sheets, show)

    def gather(self, sheets: Sequence[Delivery]) -> None:
        """What the report shows beside the marks: what was read, and when each lane ran."""
        for sheet in sheets:
            sheet.timeline = self._timeline(sheet)
            if sheet.result and sheet.marked_as:
                sheet.transcript = self.client.transcript(sheet.marked_as.id)

    def write_report(self, path: Path, sheets: Sequence[Delivery]) -> int:
        moment = datetime.now().astimezone()
        with self._busy("Writing the report …"):
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

    def notes(self, sheets: Sequence[Delivery]) -> list[str]:
        """Sentences that belong under the marks."""
        markers = {mark.marker for sheet in sheets for mark in sheet.marks}
        found = []
        if "key-points" in markers and not any(marker.startswith("model:") for marker in markers):
            found.append("Free text was marked by key points, as no model is configured: those marks are provisional.")
        lanes = [sheet.timeline for sheet in sheets if sheet.timeline and sheet.result]
        saved = [lane.saved_seconds for lane in lanes if lane.saved_seconds is not None]
        if saved and sum(saved) > 0:
            source = "the executions' histories" if all(lane.proven for lane in lanes) else "the record"
            found.append(
                "Storing and recording ran while the pages were read: that saved "
                f"{wording.seconds(sum(saved) / len(saved))} a sheet, {wording.seconds(sum(saved))} in all ({source})."
            )
        return found

    def _busy(self, what: str) -> AbstractContextManager[Any]:
        """Something turns while it lasts, where somebody looks."""
        return self.progress.status(what) if self.progress.is_terminal else nullcontext()

    def _follow(self, deliveries: Sequence[Delivery], show: Any) -> None:
        minutes = max(_MINUTES_AT_LEAST, _MINUTES_A_SHEET * len(deliveries))
        follow(deliveries, self.client, self.assessment, every=self.every, limit=60 * minutes, show=show)

    def _look_at_histories(self, sheets: Sequence[Delivery]) -> None:
        """While the lanes run, their times are the executions' own where those are at hand."""
        now = time.monotonic()
        if self.cloud is None or now - self._looked < self.every:
            return
        self._looked = now
        for sheet in sheets:
            if sheet.id and not sheet.ended:
                sheet.timeline = self._timeline(sheet)

    def _drop(self) -> Drop | None:
        if self.cloud is None:
            return None
        s3, bucket = self.cloud.client("s3"), self.cloud.stack.bucket("TempBucket")

        def put(key: str, body: bytes, media_type: str) -> None:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=media_type)

        return put

    def _timeline(self, sheet: Delivery) -> Timeline | None:
        if self.cloud is None or sheet.id is None:
            return from_lanes(sheet.status.lanes) if sheet.status else None
        # Run 1 is the arrival: a later one finds what was read and kept, and has no lanes to speak of.
        arn = execution_arn(self.cloud.stack.state_machine_arn, sheet.id, 1)
        stepfunctions = self.cloud.client("stepfunctions")
        try:
            return from_history(read_history(stepfunctions, arn))
        except stepfunctions.exceptions.ExecutionDoesNotExist:
            return None


def _is_told(warning: str, told: Sequence[str]) -> bool:
    return any(one.endswith(f": {warning}") for one in told)


def page_of(url: str, assessment: str) -> str:
    """An assessment on the page of the local cloud."""
    return f"{url}/#/a/{quote(assessment, safe='')}"


def stay(console: Console, page: str) -> NoReturn:
    """Keep the local cloud until Ctrl-C."""
    console.print(Text(f"The local cloud goes on until Ctrl-C: {page}"), soft_wrap=True)
    while True:
        time.sleep(3600)


def open_cloud(*, port: int = 0, folder: Path | None = None) -> "LocalCloud":
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


def document(errand: Errand, sheets: Sequence[Delivery]) -> dict[str, Any]:
    """The JSON document of `gradeline grade --json`."""
    return {
        "assessment": errand.assessment,
        "paper": errand.paper.to_dict() if errand.paper else None,
        "sheets": [
            {
                "file": str(sheet.path),
                "student": sheet.owner,
                "id": sheet.id,
                "state": sheet.status.state.value if sheet.status else None,
                "problem": sheet.problem,
                "result": sheet.result.to_dict() if sheet.result else None,
            }
            for sheet in sheets
        ],
        "marked": sum(sheet.result is not None for sheet in sheets),
        "failed": sum(not sheet.well for sheet in sheets),
        "review": sum(len(sheet.doubtful) for sheet in sheets),
        "warnings": errand.warnings,
    }


def write_csv(path: Path, sheets: Sequence[Delivery]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_csv(sheets))


def write_json(path: Path, body: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def papers(paper: Path, key: Path | None) -> list[Delivery]:
    found = [Delivery(paper, Kind.QUESTION_PAPER, door=Door.API)]
    return found + ([Delivery(key, Kind.ANSWER_KEY, door=Door.API)] if key else [])
