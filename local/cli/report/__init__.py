"""`report.html`: the web page's marking view in one self-contained file that loads nothing from a network.

Answers and names are untrusted text. They are embedded as JSON data, which the views insert as text and never as
markup, and the file's content security policy runs only the one script whose hash it names.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.models.assessment import QuestionPaper
from core.models.transcript import Page
from core.platform.clock import format_timestamp
from local.cli.execution_timeline import ExecutionTimeline
from local.cli.report.js_bundle import bundle_modules
from local.cli.report.page_images import PageImage, PageImageRenderer
from local.cli.submitted_files import SubmittedFile

_FOLDER = Path(__file__).parent
_WEB = _FOLDER.parents[2] / "web"
# Bytes of the whole file.
_MAX_BYTES = 9_500_000


def write_report(
    path: Path,
    *,
    assessment: str,
    title: str,
    made_at: str,
    paper: QuestionPaper | None,
    sheets: Sequence[SubmittedFile],
    notes: Sequence[str] = (),
    maximum_marks: dict[str, Any] | None = None,
) -> int:
    """Write the report and return its size in bytes.

    `made_at` is shown as given; `notes` are sentences; `maximum_marks` holds each question's maximum from the API.
    """
    html = render_report(
        assessment=assessment,
        title=title,
        made_at=made_at,
        paper=paper,
        sheets=sheets,
        notes=notes,
        maximum_marks=maximum_marks,
    ).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(html)
    return len(html)


def render_report(
    *,
    assessment: str,
    title: str,
    made_at: str,
    paper: QuestionPaper | None,
    sheets: Sequence[SubmittedFile],
    notes: Sequence[str] = (),
    maximum_marks: dict[str, Any] | None = None,
) -> str:
    """Return the report's HTML; the parameters are those of `write_report`."""
    template = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    ).get_template("report.html.j2")
    style = (_WEB / "style.css").read_text(encoding="utf-8") + (_WEB / "page.css").read_text(encoding="utf-8")
    script = bundle_modules(_FOLDER / "report.js")
    given = {
        "assessment": assessment,
        "title": title,
        "paper": paper.to_dict() if paper else None,
        "maximum_marks": maximum_marks,
        "notes": list(notes),
        "words": json.loads((_WEB / "words.json").read_text(encoding="utf-8")),
        "sheets": [_sheet_document(sheet, index) for index, sheet in enumerate(sheets)],
    }
    byte_budget = _MAX_BYTES - len(style) - len(script) - len(_script_json(given).encode())
    for entry, sheet, images in zip(given["sheets"], sheets, _render_sheets(sheets, byte_budget), strict=True):
        entry["pages"] = _page_documents(sheet, images)
    return template.render(
        title=title,
        made_at=made_at,
        icon="data:image/svg+xml;base64," + base64.b64encode((_WEB / "icon.svg").read_bytes()).decode(),
        style=style,
        script=script,
        given=_script_json(given),
        policy=f"default-src 'none'; img-src data: blob:; style-src '{_csp_hash(style)}'; script-src "
        f"'{_csp_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )


def _sheet_document(sheet: SubmittedFile, index: int) -> dict[str, Any]:
    """Return a sheet as the API describes it. A sheet that was refused has only a name and the reason."""
    entry = sheet.graded_submission
    if entry is None or sheet.refusal:
        refused = {"type": "Refused", "message": sheet.failure or ""}
        return {
            "id": f"refused-{index}",
            "kind": sheet.kind.value,
            "student": sheet.name,
            "state": "NOT_ACCEPTED",
            "received_at": "",
            "reason": refused,
        }
    # A duplicate keeps its own id: the same file may have been sent for two students.
    own = {"id": sheet.status.id if sheet.status else entry.id, "student": sheet.name}
    return entry.document | own | _timeline_fields(entry.document, sheet.timeline)


def _timeline_fields(document: dict[str, Any], timeline: ExecutionTimeline | None) -> dict[str, Any]:
    """Return branch times from the execution history, if it was read: unlike the record's, they include waits and
    retries."""
    if timeline is None or not timeline.is_from_history:
        return {}
    branches = dict(document.get("lanes") or {})
    for name, span in timeline.spans.items():
        branches[name] = branches.get(name, {}) | {
            "started_at": format_timestamp(span.start),
            "ended_at": format_timestamp(span.end),
        }
    saved = timeline.saved_seconds
    entry = (document.get("timeline") or {}) | ({} if saved is None else {"saved_ms": round(1000 * saved)})
    return {"lanes": branches, "timeline": entry}


def _page_documents(sheet: SubmittedFile, images: Sequence[PageImage]) -> list[dict[str, Any]]:
    """Return the pages with their images; a page without an image has the text that was read on it instead."""
    return [
        {
            "number": page.number,
            "aspect": image.width / image.height if image.source else page.aspect,
            "picture": image.source,
            "lines": [] if image.source else [{"text": line.text} for line in page.lines],
        }
        for page, image in zip(_transcript_pages(sheet), images, strict=True)
    ]


def _render_sheets(sheets: Sequence[SubmittedFile], byte_budget: int) -> list[list[PageImage]]:
    """Render the pages of every marked sheet within `byte_budget` bytes, each page its fair share after the text."""
    text_bytes = sum(len(page.text) * 2 + 200 for sheet in sheets for page in _transcript_pages(sheet))
    # Base64 encodes three bytes as four.
    renderer = PageImageRenderer(
        byte_budget=max(byte_budget - text_bytes, 0) * 3 // 4,
        pages=sum(len(_transcript_pages(sheet)) for sheet in sheets),
    )
    return [_render_sheet(sheet, renderer) for sheet in sheets]


def _render_sheet(sheet: SubmittedFile, renderer: PageImageRenderer) -> list[PageImage]:
    pages = _transcript_pages(sheet)
    rotations = {page.number: page.rotation for page in pages}
    return renderer.draw(sheet.path, rotations=rotations, pages=len(pages)) if pages else []


def _transcript_pages(sheet: SubmittedFile) -> Sequence[Page]:
    return sheet.transcript.pages if sheet.result and sheet.transcript else ()


def _script_json(value: Any) -> str:
    """Encode a value as JSON that is safe inside a script element: nothing in it can close the element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _csp_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
