"""Sends the files of the drop folder and reports on them: progress lines, refusal notes next to files, marks."""

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from core.models.document_kinds import DocumentKind
from core.models.errors import RequestRefused
from core.models.submission import IntakeChannel
from local.cli import display_text
from local.cli.api_client import ApiClient, ApiError
from local.cli.drop_folder import REFUSAL_NOTE_SUFFIX, CompleteFile, DropFolder, escape_invalid_utf8
from local.cli.failure_reporter import Attempt, FailureReporter
from local.cli.grading_session import GradingSession, write_csv
from local.cli.status_polling import assign_drop_folder_ids, refresh_statuses
from local.cli.submitted_files import SubmittedFile

_REFUSAL_REPORT_SUFFIX = ".refused.json"
_SCHEME_KEY = re.compile(r"drop/(?P<assessment>[^/]+)/marking-scheme\.(?:ya?ml|json)")
# An assessment in which everything has ended is checked every so many rounds: a later paper may restart its sheets.
_IDLE_RECHECK_ROUNDS = 10


@dataclass
class DropFolderService:
    """Tracks every file of a drop folder.

    `session(assessment)` creates the grading session that writes an assessment's report.
    """

    folder: DropFolder
    results: Path
    s3: Any
    bucket: str
    client: ApiClient
    session: Callable[[str], GradingSession]
    print_line: Callable[[str], None]
    _submitted: dict[str, SubmittedFile] = field(default_factory=dict)
    _uploaded_at: dict[str, datetime] = field(default_factory=dict)
    _replaced_ids: dict[str, set[str]] = field(default_factory=dict)
    _unreported: set[str] = field(default_factory=set)
    _unwritten_assessments: set[str] = field(default_factory=set)
    _pending_notes: dict[Path, str | None] = field(default_factory=dict)
    _invalid_keys: set[str] = field(default_factory=set)
    _sent_before_start: set[str] = field(default_factory=set)
    _round_number: int = 0
    _failures: FailureReporter = field(init=False)

    def __post_init__(self) -> None:
        self._failures = FailureReporter(self.print_line)

    def resume_tracking(self) -> None:
        """Track the files that an earlier run of the service sent. Those that had ended are not reported again."""
        for path, key in self.folder.previously_sent():
            if not _SCHEME_KEY.fullmatch(key):
                self._track(path, key, datetime.fromtimestamp(0, UTC))
                self._sent_before_start.add(key)
        if self._sent_before_start:
            self.print_line(
                f"{display_text.format_count(len(self._sent_before_start), 'file')} sent before: still tracked"
            )

    def poll_once(self) -> None:
        """Run one round: send new files, update those already sent, write the marks of finished assessments.

        A failure of one file or assessment does not affect the others: it is printed once and tried again.
        """
        self._round_number += 1
        with self._failures.isolate("The drop folder"):
            self._scan_files()
        for key in list(self._uploaded_at):
            with self._failures.isolate(_relative_key(key), "refusal"):
                self._check_refusal(key)
        for assessment in sorted({_assessment_of_key(key) for key in self._submitted if key not in self._invalid_keys}):
            with self._failures.isolate(assessment) as attempt:
                self._refresh_assessment(assessment)
            self._report_finished(assessment)
            if not attempt.failed:
                self._sent_before_start -= self._files_of(assessment).keys()
        for assessment in sorted(self._unwritten_assessments):
            with self._failures.isolate(f"The marks of {assessment}"):
                self._write_results(assessment)
        for path, sentence in list(self._pending_notes.items()):
            with self._failures.isolate(f"{path.name}{REFUSAL_NOTE_SUFFIX}", str(path)):
                self.folder.write_refusal_note(path, sentence)
                del self._pending_notes[path]

    def _scan_files(self) -> None:
        for complete_file in self.folder.scan():
            with self._failures.isolate(_relative_key(complete_file.key)) as attempt:
                self._upload(complete_file)
            if attempt.failed:
                self.folder.retry_later(complete_file.path)
                continue
            # The file is sent even if this fails: a later run finds that the same bytes are already in the bucket.
            with self._failures.isolate(_relative_key(complete_file.key), "sent log"):
                self.folder.mark_sent(complete_file.path)
        for skipped_entry in self.folder.skipped():
            self.print_line(f"{skipped_entry.relative_path}: skipped. It {skipped_entry.detail}.")
            if skipped_entry.is_file:
                self._pending_notes[skipped_entry.path] = f"This file {skipped_entry.detail}."

    def _upload(self, complete_file: CompleteFile) -> None:
        self._pending_notes.pop(complete_file.path, None)
        self.folder.write_refusal_note(complete_file.path, None)
        scheme = _SCHEME_KEY.fullmatch(complete_file.key)
        if scheme:
            self._put_scheme(complete_file, scheme["assessment"])
            return
        uploaded_at = datetime.now(UTC)
        if complete_file.key in self._submitted or not self._is_already_uploaded(complete_file):
            self.s3.put_object(
                Bucket=self.bucket, Key=complete_file.key, Body=complete_file.body, ContentType=complete_file.media_type
            )
        replaced = self._submitted.get(complete_file.key)
        if replaced and replaced.id:
            self._replaced_ids.setdefault(complete_file.key, set()).add(replaced.id)
        self._track(complete_file.path, complete_file.key, uploaded_at)
        self.print_line(f"{_relative_key(complete_file.key)}: received")

    def _is_already_uploaded(self, complete_file: CompleteFile) -> bool:
        """Return True if the bucket holds these bytes, put by a service that was killed right afterwards.

        They must not become a second submission.
        """
        try:
            found = self.s3.head_object(Bucket=self.bucket, Key=complete_file.key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            return False
        digest = hashlib.md5(complete_file.body, usedforsecurity=False).hexdigest()
        return bool(found["ETag"].strip('"') == digest)

    def _track(self, path: Path, key: str, uploaded_at: datetime) -> None:
        from receive.drop_folder import parse_drop_key

        try:
            _, kind, student, _ = parse_drop_key(key)
        except RequestRefused:
            # The refusal report will say why: only the intake function decides what is refused. Until then the file
            # belongs to no assessment that could be polled.
            kind, student = DocumentKind.ANSWER_SHEET, None
            self._invalid_keys.add(key)
        earlier_ids = frozenset(self._replaced_ids.get(key, ()))
        self._submitted[key] = SubmittedFile(path, kind, student, IntakeChannel.DROP, earlier_ids=earlier_ids)
        self._uploaded_at[key] = uploaded_at
        self._unreported.add(key)

    def _put_scheme(self, complete_file: CompleteFile, assessment: str) -> None:
        """Send a marking scheme to the API, which reports its errors; it is not a document to be read."""
        media_type = "application/json" if complete_file.key.endswith(".json") else "application/yaml"
        try:
            stored = self.client.put_scheme(assessment, complete_file.body, media_type)
        except ApiError as error:
            self._pending_notes[complete_file.path] = str(error)
            self.print_line(f"{_relative_key(complete_file.key)}: refused. {error}")
            return
        self.print_line(
            f"{_relative_key(complete_file.key)}: set, {display_text.format_count(stored.entries, 'question')}"
        )
        for warning in stored.warnings:
            self.print_line(f"{_relative_key(complete_file.key)}: {warning}")

    def _check_refusal(self, key: str) -> None:
        submitted = self._submitted[key]
        if submitted.id or submitted.refusal:
            del self._uploaded_at[key]
            return
        report = self._read_refusal(key, self._uploaded_at[key])
        if report:
            submitted.refusal = report
            self.print_line(f"{_relative_key(key)}: refused. {report}")
            self._pending_notes[submitted.path] = report

    def _read_refusal(self, key: str, uploaded_at: datetime) -> str | None:
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=key + _REFUSAL_REPORT_SUFFIX)
        except self.s3.exceptions.NoSuchKey:
            return None
        # An older report concerns an older file of this name. S3 returns whole seconds.
        if found["LastModified"] < uploaded_at - timedelta(seconds=1):
            return None
        return str(json.loads(found["Body"].read()).get("message", "It was refused."))

    def _refresh_assessment(self, assessment: str) -> None:
        submitted_files_by_key = self._files_of(assessment)
        if self._round_number % _IDLE_RECHECK_ROUNDS == 0 or any(
            not submitted.ended for submitted in submitted_files_by_key.values()
        ):
            self._follow_new_runs(assessment, submitted_files_by_key)
        if any(not submitted.ended for submitted in submitted_files_by_key.values()):
            refresh_statuses(
                list(submitted_files_by_key.values()), self.client, assessment, isolate=self._isolated_status
            )

    def _isolated_status(self, submitted: SubmittedFile) -> AbstractContextManager[Attempt]:
        return self._failures.isolate(escape_invalid_utf8(submitted.path.name), "status")

    def _report_finished(self, assessment: str) -> None:
        """Report each file that has ended since the last round, whatever happened to the others."""
        submitted_files_by_key = self._files_of(assessment)
        for key in sorted(self._unreported & submitted_files_by_key.keys()):
            if not submitted_files_by_key[key].ended:
                continue
            self._unreported.discard(key)
            self._unwritten_assessments.add(assessment)
            if key not in self._sent_before_start:
                with self._failures.isolate(_relative_key(key), "outcome"):
                    self._report_outcome(key, submitted_files_by_key[key])

    def _files_of(self, assessment: str) -> dict[str, SubmittedFile]:
        return {
            key: submitted
            for key, submitted in self._submitted.items()
            if _assessment_of_key(key) == assessment and key not in self._invalid_keys
        }

    def _follow_new_runs(self, assessment: str, submitted_files: dict[str, SubmittedFile]) -> None:
        """Track the new runs of sheets that a later paper or key has started."""
        known = {submitted.id: key for key, submitted in submitted_files.items() if submitted.id}
        listed = list(self.client.submissions(assessment))
        everything = list(submitted_files.values())
        assign_drop_folder_ids([submitted for submitted in everything if not submitted.ended], everything, listed)
        for status in listed:
            key = known.get(status.id)
            if key and status.run > submitted_files[key].run:
                submitted = submitted_files[key]
                submitted.status, submitted.graded_submission, submitted.run = None, None, status.run
                self._unreported.add(key)

    def _report_outcome(self, key: str, submitted: SubmittedFile) -> None:
        status = submitted.status
        if status is None:
            return
        if submitted.result:
            marks, max_marks = submitted.result.marks, submitted.result.max_marks
            text = f"{display_text.format_number(marks)} / {display_text.format_number(max_marks)}"
            if submitted.marks_in_review:
                text += f", {display_text.format_count(len(submitted.marks_in_review), 'answer')} to look at"
        else:
            text = display_text.state_text(status.state) + (f". {submitted.failure}" if submitted.failure else "")
        self.print_line(f"{_relative_key(key)}: {text}")
        # A sheet whose paper cannot be used is not itself refused; None also removes the note of a sheet now marked.
        self._pending_notes[submitted.path] = None if status.paper_unusable else submitted.failure

    def _write_results(self, assessment: str) -> None:
        """Write the CSV and the report of an assessment once all its files have ended."""
        submitted_files = [submitted for _, submitted in sorted(self._files_of(assessment).items())]
        if not all(submitted.ended for submitted in submitted_files):
            return
        sheets = [submitted for submitted in submitted_files if submitted.kind.rules.is_graded]
        if any(sheet.result for sheet in sheets):
            self._write_marks(assessment, sheets)
        self._unwritten_assessments.discard(assessment)

    def _write_marks(self, assessment: str, sheets: list[SubmittedFile]) -> None:
        folder = self.results / assessment
        # The CSV comes first: it needs no request that may fail.
        write_csv(folder / "results.csv", sheets)
        session = self.session(assessment)
        session.load_paper()
        session.load_report_data(sheets)
        session.write_report(folder / "report.html", sheets)
        self.print_line(f"{assessment}: {display_text.format_count(len(sheets), 'sheet')}, marks in {folder}")


def _assessment_of_key(key: str) -> str:
    return key.split("/")[1]


def _relative_key(key: str) -> str:
    return key.removeprefix("drop/")
