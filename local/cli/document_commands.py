"""`gradeline questions`, `extract` and `evaluate`: the commands that work on one file without a cloud."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from core.models.assessment import Question, QuestionPaper
from core.models.document_kinds import DocumentKind
from core.models.transcript import Transcript
from local.cli import display_text
from local.cli.local_ocr import LocalOcr
from local.cli.reading_progress import ReadingProgress
from local.cli.regular_files import UnusableFile, read_regular
from local.cli.sheet_collection import check_file, check_readable
from local.cli.submitted_files import UsageError


def questions(paper: Path, *, as_json: bool, stdout: Console, stderr: Console) -> int:
    """Print the questions of a paper. Return exit code 1 if none is found."""
    from grade.paper.paper_parser import parse_paper

    found = parse_paper(read_transcript(paper, DocumentKind.QUESTION_PAPER, stderr))
    if as_json:
        _print_json(questions_document(found))
    else:
        _print_paper(found, paper, stdout)
    return 0 if found.questions else 1


def extract(
    file: Path | None, responses: Sequence[Path], *, sheet: bool, as_json: bool, stdout: Console, stderr: Console
) -> int:
    """Print the transcript of a file or of saved Textract responses.

    As a `sheet`, a PDF's text layer is compared with OCR.

    Raises
    ------
    UsageError
        Both or neither of `file` and `responses` are given.
    """
    if bool(file) == bool(responses):
        raise UsageError("Give either a file to read or saved Textract responses with --textract-response.")
    kind = DocumentKind.ANSWER_SHEET if sheet else DocumentKind.QUESTION_PAPER
    transcript = transcript_from_responses(responses) if file is None else read_transcript(file, kind, stderr)
    if as_json:
        _print_json(transcript_document(transcript))
        return 0
    for page in transcript.pages:
        source = "text layer" if page.source == "text_layer" else "OCR"
        stdout.print(Text(f"── page {page.number}, {source} ──", style="dim"))
        stdout.print(Text(page.text), soft_wrap=True)
    _print_warnings(transcript.warnings, stderr)
    return 0


def evaluate(file: Path, *, as_json: bool, stdout: Console, stderr: Console) -> int:
    """Print how well the configured marker agrees with human marks."""
    from local.cli import marker_evaluation as evaluation

    check_file(file)
    found = evaluation.evaluate_file(file, progress=stderr)
    if as_json:
        _print_json(found)
    else:
        evaluation.print_evaluation(found, stdout)
    return 0


def read_transcript(path: Path, kind: DocumentKind, stderr: Console) -> Transcript:
    """Return a file's transcript. The OCR engine is started by the first page that needs it.

    Raises
    ------
    UsageError
        The file does not exist.
    DocumentRejected
        The file cannot be read; the message is written for a teacher.
    ReadingIncomplete, ServiceUnavailable
        The OCR engine failed on some pages.
    """
    from extract.document_reader import read_document
    from extract.ocr.async_job_policy import AsyncJobPolicy

    check_readable(path)
    with LocalOcr() as ocr, ReadingProgress(stderr) as progress:
        return read_document(
            read_regular(path),
            ocr=ocr,
            kind=kind,
            name=path.name,
            workers=1,
            listener=progress,
            job_policy=AsyncJobPolicy.disabled(),
        )


def transcript_from_responses(paths: Sequence[Path]) -> Transcript:
    """Return the transcript of saved Textract responses, in order.

    Raises
    ------
    UsageError
        A file is missing or is not a Textract response.
    """
    from extract.ocr.response_parser import parse_transcript

    return parse_transcript([_load_response(path) for path in paths])


def questions_document(paper: QuestionPaper) -> dict[str, Any]:
    """Return the JSON document of `gradeline questions --json`, described in DESIGN.md and docs/cli.md."""
    return {
        "total_marks": _int_if_whole(paper.total_marks),
        "questions": [_question_document(question) for question in paper.questions],
        "warnings": list(paper.warnings),
    }


def transcript_document(transcript: Transcript) -> dict[str, Any]:
    return {
        "pages": [
            {
                "number": page.number,
                "source": page.source,
                "lines": [
                    {
                        "text": line.text,
                        "confidence": line.confidence,
                        "box": list(line.box),
                        "handwriting": line.handwriting,
                    }
                    for line in page.lines
                ],
            }
            for page in transcript.pages
        ],
        "text": transcript.text,
        "warnings": list(transcript.warnings),
    }


def _load_response(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(read_regular(path).decode("utf-8"))
    except UnusableFile as error:
        raise UsageError(f"There is no file {path}." if error.is_missing else str(error)) from None
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}.") from None
    if not isinstance(body, dict):
        raise UsageError(f"{path} is not a Textract response: a JSON object is expected.")
    return body


def _question_document(question: Question) -> dict[str, Any]:
    return {
        "label": question.label,
        "marks": _int_if_whole(question.marks),
        "type": question.type.value,
        "text": question.text,
        "choose": question.choose,
        "options": [{"label": option.label, "text": option.text} for option in question.options],
        "parts": [_question_document(part) for part in question.parts],
    }


def _int_if_whole(marks: float | None) -> float | int | None:
    """Convert 3.0 to 3."""
    return int(marks) if marks is not None and marks == int(marks) else marks


def _print_paper(paper: QuestionPaper, path: Path, stdout: Console) -> None:
    tree = Tree(Text(paper.title or path.name, style="bold"), guide_style="dim")
    for question in paper.questions:
        _add_question(tree, question)
    stdout.print(tree)
    leaves = len(list(paper.leaves()))
    stdout.print(
        Text(f"{display_text.format_count(leaves, 'question')}, {display_text.format_number(paper.total_marks)} marks")
    )
    _print_warnings(paper.warnings, stdout)


def _add_question(tree: Tree, question: Question) -> None:
    """Add one line per question, cut off at the terminal's edge: label, marks, type, text."""
    kind = "" if question.parts else question.type.value.replace("_", "/")
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(question.label, "bold")
    if question.marks is not None:
        line.append(f"  [{display_text.format_number(question.marks)}]", "green")
    if question.choose is not None:
        line.append(f"  any {question.choose}", "yellow")
    line.append(f"  {kind}" if kind else "", "dim")
    line.append(f"  {' '.join(question.text.split())}")
    branch = tree.add(line)
    for option in question.options:
        branch.add(Text(f"{option.label}  {' '.join(option.text.split())}", "dim", no_wrap=True, overflow="ellipsis"))
    for part in question.parts:
        _add_question(branch, part)


def _print_warnings(warnings: Sequence[str], console: Console) -> None:
    for warning in warnings:
        console.print(Text(f"Note: {warning}", style="yellow"), soft_wrap=True)


def _print_json(document: dict[str, Any]) -> None:
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
