"""`report.html`: one file that holds everything it shows and asks nothing of a network.

Answers and names are a stranger's text: the template escapes all of it, and the page's own content policy
lets nothing run but the one script that is named by its hash.
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.assessment import QuestionPaper
from local.deliveries import Delivery
from local.report.pictures import Album, Picture
from local.report.view import build

_HERE = Path(__file__).parent
# The page and the report look alike because they are: one sheet of style for both.
_STYLE = _HERE.parents[1] / "web" / "style.css"
# Bytes of the whole file, and what an answer's own words and markup come to.
_LARGEST = 9_500_000
_PAGE_ITSELF = 60_000
_ANSWER = 2_200


def write_report(
    path: Path,
    *,
    title: str,
    made_at: str,
    paper: QuestionPaper | None,
    sheets: Sequence[Delivery],
    notes: Sequence[str] = (),
) -> int:
    """Write the report and return its size in bytes. `made_at` is shown as it is; `notes` are sentences."""
    html = render(title=title, made_at=made_at, paper=paper, sheets=sheets, notes=notes).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(html)
    return len(html)


def render(
    *,
    title: str,
    made_at: str,
    paper: QuestionPaper | None,
    sheets: Sequence[Delivery],
    notes: Sequence[str] = (),
) -> str:
    style, script = _STYLE.read_text(), (_HERE / "report.js").read_text()
    view = build(sheets, _pictures(sheets), title=title, made_at=made_at, paper=paper, notes=notes)
    template = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("report.html.j2")
    return template.render(
        report=view,
        style=style,
        script=script,
        policy=f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )


def _pictures(sheets: Sequence[Delivery]) -> list[list[Picture]]:
    """Every marked sheet's pages, each sheet its fair share of the room that the words leave."""
    words = _PAGE_ITSELF + _ANSWER * sum(len(sheet.marks) for sheet in sheets)
    # Base64 makes four bytes of three.
    album = Album(room=max(_LARGEST - words, 0) * 3 // 4, pages=sum(_pages(sheet) for sheet in sheets))
    return [_drawn(sheet, album) for sheet in sheets]


def _drawn(sheet: Delivery, album: Album) -> list[Picture]:
    rotations = {page.number: page.rotation for page in sheet.transcript.pages} if sheet.transcript else {}
    return album.draw(sheet.path, rotations=rotations, pages=_pages(sheet)) if _pages(sheet) else []


def _pages(sheet: Delivery) -> int:
    return len(sheet.transcript.pages) if sheet.result and sheet.transcript else 0


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
