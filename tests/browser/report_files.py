"""Marked sheets of the sample class, for reports."""

from dataclasses import replace
from pathlib import Path

from core.models.result import SheetResult
from local.cli.submission_status import SubmissionStatus
from local.cli.submitted_files import SubmittedFile
from tests.cli.sample_class import result, sheet, status_document


def marked_file(path: Path, student: str, number: int, given: SheetResult | None = None) -> SubmittedFile:
    one = sheet(path, student, result=given or result())
    document = status_document(f"{number:032x}", student=student, result=(given or result()).to_dict())
    status = SubmissionStatus.from_dict(document)
    return replace(one, id=document["id"], status=status, graded_submission=status)
