"""`report.html`: the page's own marking view in one file that holds everything it shows and asks nothing of a network.

Answers and names are a stranger's text: they travel as data, which the page's views make into text and never into
markup, and the file's own policy lets nothing run but the one script that is named by its hash.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.assessment import QuestionPaper
from core.clock import stamp
from core.transcript import Page
from local.deliveries import Delivery
from local.report.pictures import Album, Picture
from local.report.script import joined
from local.timeline import Timeline

_HERE = Path(__file__).parent
_WEB = _HERE.parents[1] / "web"
# Bytes of the whole file.
_LARGEST = 9_500_000


def write_report(
    path: Path,
    *,
    assessment: str,
    title: str,
    made_at: str,
    paper: QuestionPaper | None,
    sheets: Sequence[Delivery],
    notes: Sequence[str] = (),
    maximum_marks: dict[str, Any] | None = None,
) -> int:
    """Write the report and return its size in bytes. `made_at` is shown as it is; `notes` are sentences;
    `maximum_marks` is what the API says each question is worth."""
    html = render(
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


def render(
    *,
    assessment: str,
    title: str,
    made_at: str,
    paper: QuestionPaper | None,
    sheets: Sequence[Delivery],
    notes: Sequence[str] = (),
    maximum_marks: dict[str, Any] | None = None,
) -> str:
    template = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    ).get_template("report.html.j2")
    style = (_WEB / "style.css").read_text(encoding="utf-8") + (_WEB / "page.css").read_text(encoding="utf-8")
    script = joined(_HERE / "report.js")
    given = {
        "assessment": assessment,
        "title": title,
        "paper": paper.to_dict() if paper else None,
        "maximum_marks": maximum_marks,
        "notes": list(notes),
        "words": json.loads((_WEB / "words.json").read_text(encoding="utf-8")),
        "sheets": [_told(sheet, index) for index, sheet in enumerate(sheets)],
    }
    room = _LARGEST - len(style) - len(script) - len(_data(given).encode())
    for told, sheet, pictures in zip(given["sheets"], sheets, _pictures(sheets, room), strict=True):
        told["pages"] = _pages(sheet, pictures)
    return template.render(
        title=title,
        made_at=made_at,
        icon="data:image/svg+xml;base64," + base64.b64encode((_WEB / "icon.svg").read_bytes()).decode(),
        style=style,
        script=script,
        given=_data(given),
        policy=f"default-src 'none'; img-src data: blob:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )


def _told(sheet: Delivery, index: int) -> dict[str, Any]:
    """A sheet as the API tells of it. One that no door took has only a name and the sentence that refused it."""
    told = sheet.marked_as
    if told is None or sheet.refusal:
        refused = {"type": "Refused", "message": sheet.problem or ""}
        return {
            "id": f"refused-{index}",
            "kind": sheet.kind.value,
            "student": sheet.name,
            "state": "NOT_ACCEPTED",
            "received_at": "",
            "reason": refused,
        }
    # Under its own id: the same file may have been sent for two people.
    own = {"id": sheet.status.id if sheet.status else told.id, "student": sheet.name}
    return told.document | own | _times(told.document, sheet.timeline)


def _times(document: dict[str, Any], timeline: Timeline | None) -> dict[str, Any]:
    """Step Functions' own times in place of the record's, where they are at hand: waits and retries are in them."""
    if timeline is None or not timeline.proven:
        return {}
    lanes = dict(document.get("lanes") or {})
    for name, span in timeline.spans.items():
        lanes[name] = lanes.get(name, {}) | {"started_at": stamp(span.start), "ended_at": stamp(span.end)}
    saved = timeline.saved_seconds
    told = (document.get("timeline") or {}) | ({} if saved is None else {"saved_ms": round(1000 * saved)})
    return {"lanes": lanes, "timeline": told}


def _pages(sheet: Delivery, pictures: Sequence[Picture]) -> list[dict[str, Any]]:
    """The pages with their pictures; where there is none, with what was read on it."""
    return [
        {
            "number": page.number,
            "aspect": picture.width / picture.height if picture.source else page.aspect,
            "picture": picture.source,
            "lines": [] if picture.source else [{"text": line.text} for line in page.lines],
        }
        for page, picture in zip(_read(sheet), pictures, strict=True)
    ]


def _pictures(sheets: Sequence[Delivery], room: int) -> list[list[Picture]]:
    """Every marked sheet's pages in `room` bytes, each sheet its fair share of what the words leave."""
    words = sum(len(page.text) * 2 + 200 for sheet in sheets for page in _read(sheet))
    # Base64 makes four bytes of three.
    album = Album(room=max(room - words, 0) * 3 // 4, pages=sum(len(_read(sheet)) for sheet in sheets))
    return [_drawn(sheet, album) for sheet in sheets]


def _drawn(sheet: Delivery, album: Album) -> list[Picture]:
    pages = _read(sheet)
    rotations = {page.number: page.rotation for page in pages}
    return album.draw(sheet.path, rotations=rotations, pages=len(pages)) if pages else []


def _read(sheet: Delivery) -> Sequence[Page]:
    return sheet.transcript.pages if sheet.result and sheet.transcript else ()


def _data(value: Any) -> str:
    """JSON that can stand inside a script element: nothing in it can end the element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
