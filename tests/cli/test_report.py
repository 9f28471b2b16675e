"""The report is one self-contained file with every sheet; it runs no foreign script and makes no requests.

How it looks in a browser is tested in `tests/browser/test_report.py`.
"""

import base64
import hashlib
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.models.document_kinds import DocumentKind
from core.models.result import ReviewReason
from core.platform.clock import format_timestamp
from local.cli import display_text
from local.cli.live_progress import axis_ticks
from local.cli.report import render_report, write_report
from local.cli.report.js_bundle import bundle_modules
from local.cli.report.page_images import PageImage, PageImageRenderer
from local.cli.submission_status import SubmissionStatus
from local.cli.submitted_files import SubmittedFile
from tests.cli.sample_class import PAPER, after_noon, pdf, picture, result, sheet, status_document, transcript

ROOT = Path(__file__).parents[2]
TITLES = {"assessment": "rivers", "title": "Rivers and rain", "made_at": "today", "paper": PAPER}


class ParsedReport(HTMLParser):
    """The report's elements, each with its attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        self.elements.append(("", {}, []))

    def handle_data(self, data: str) -> None:
        if self.elements:
            self.elements[-1][2].append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes, _ in self.elements if name == tag]

    def texts(self, tag: str) -> list[str]:
        return ["".join(text) for name, _, text in self.elements if name == tag]

    @property
    def given(self) -> dict[str, Any]:
        """The embedded data that the views show."""
        found: dict[str, Any] = json.loads(self.texts("script")[0])
        return found


def report(sheets: list[SubmittedFile], **more: Any) -> ParsedReport:
    return ParsedReport(render_report(**{**TITLES, "sheets": sheets, **more}))


def render_page(path: Path, rotation: int = 0) -> PageImage:
    return PageImageRenderer(byte_budget=100_000, pages=1).draw(path, rotations={1: rotation}, pages=1)[0]


def test_pages_are_rendered_upright(tmp_path: Path) -> None:
    lying = tmp_path / "lying.png"
    Image.new("RGB", (400, 200)).save(lying)

    upright = render_page(lying, 90)

    assert (upright.width, upright.height) == (200, 400)


def test_rotation_is_clockwise(tmp_path: Path) -> None:
    corner = Image.new("RGB", (400, 200), "white")
    corner.paste("black", (0, 0, 60, 60))
    corner.save(tmp_path / "corner.png")

    image = render_page(tmp_path / "corner.png", 90)

    body = base64.b64decode(image.source or "")
    (tmp_path / "turned.webp").write_bytes(body)
    turned = Image.open(tmp_path / "turned.webp").convert("L")
    assert turned.getpixel((190, 10)) < 60, "the top left corner is now at the top right"
    assert turned.getpixel((10, 10)) > 200


def test_photos_follow_their_orientation_tag(tmp_path: Path) -> None:
    photo = Image.new("RGB", (300, 100))
    tag = Image.Exif()
    tag[0x0112] = 6
    photo.save(tmp_path / "photo.jpg", exif=tag)

    image = render_page(tmp_path / "photo.jpg")

    assert (image.width, image.height) == (100, 300)


def test_every_review_reason_has_a_text_for_teachers() -> None:
    words = json.loads((ROOT / "web" / "words.json").read_text(encoding="utf-8"))
    for reason in ReviewReason:
        assert display_text.review_reason_text(reason)
        assert words["reviews"][reason.value][1].endswith(".")


def test_a_sheet_is_described_as_by_the_api(tmp_path: Path) -> None:
    given = report([sheet(picture(tmp_path / "mina.png"), result=result(marks_in_review=True))]).given

    entry = given["sheets"][0]
    assert (entry["student"], entry["state"]) == ("Mina Okafor", "GRADED")
    assert entry["result"] == result(marks_in_review=True).to_dict()
    assert entry["timeline"]["saved_ms"] == 550, "the times of the execution history, not of the record"
    assert entry["lanes"]["grading"]["started_at"] == format_timestamp(after_noon(4.2))
    assert given["paper"] == PAPER.to_dict()
    assert [page["number"] for page in entry["pages"]] == [1] and entry["pages"][0]["picture"]


@pytest.mark.parametrize("hostile", ["</script><script>alert(1)</script>", "<!--<script>", "]]>\u2028"])
def test_untrusted_text_cannot_close_an_element(tmp_path: Path, hostile: str) -> None:
    marked = result()
    evil = replace(marked.questions[3], answer=hostile, reason=hostile, feedback=hostile, marker=f"model:{hostile}")
    bad = replace(marked, questions=(*marked.questions[:3], evil), leftover=hostile, warnings=(hostile,))
    refused = SubmittedFile(tmp_path / "x.pdf", DocumentKind.ANSWER_SHEET, hostile, refusal=hostile)

    page = report([sheet(picture(tmp_path / "a.png"), hostile, result=bad), refused], title=hostile, notes=[hostile])

    assert len(page.all("script")) == 2
    assert page.given["sheets"][0]["result"]["questions"][3]["answer"] == hostile
    assert page.given["sheets"][1]["reason"]["message"] == hostile
    assert not [name for _, found, _ in page.elements for name in found if name.startswith("on")]


def test_nothing_is_fetched_and_only_the_hashed_script_runs(tmp_path: Path) -> None:
    page = report([sheet(picture(tmp_path / "a.png"))])

    assert not page.all("iframe") and all("src" not in found for found in page.all("script"))
    assert all((found["href"] or "").startswith("data:") for found in page.all("link"))
    policy = next(found for found in page.all("meta") if found.get("http-equiv"))["content"] or ""
    assert "default-src 'none'" in policy and "unsafe" not in policy
    for text in (page.texts("style")[0], page.texts("script")[1]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert not [found for _, found, _ in page.elements if "style" in found], "the policy would drop inline styles"


def test_the_report_contains_no_code_that_changes_marks() -> None:
    script = bundle_modules(ROOT / "local" / "cli" / "report" / "report.js")

    for word in ("fetch(", "changeMark", "PATCH", "Authorization"):
        assert word not in script


def test_a_sheet_without_marks_has_its_reason(tmp_path: Path) -> None:
    reason = {"type": "EncryptedDocument", "message": "The PDF asks for a password."}
    status = SubmissionStatus.from_dict(status_document(state="REJECTED", result=None, reason=reason))
    locked = SubmittedFile(
        tmp_path / "zed.pdf", DocumentKind.ANSWER_SHEET, "Zed", status=status, graded_submission=status
    )
    refused = SubmittedFile(tmp_path / "y.pdf", DocumentKind.ANSWER_SHEET, "Yves", refusal="It is empty.")

    first, second = report([locked, refused]).given["sheets"]

    assert (first["student"], first["state"], first["reason"]) == ("Zed", "REJECTED", reason)
    assert (second["student"], second["reason"]["message"]) == ("Yves", "It is empty.")


def test_a_duplicate_has_the_marks_of_the_first_submission(tmp_path: Path) -> None:
    again = sheet(picture(tmp_path / "a.png"), "Mina again")
    again.status = SubmissionStatus.from_dict(
        status_document("b" * 32, state="DUPLICATE_OF", duplicate_of="a" * 32, result=None)
    )
    again.graded_submission = SubmissionStatus.from_dict(status_document())

    entry = report([again]).given["sheets"][0]

    assert (entry["id"], entry["student"], entry["state"]) == ("b" * 32, "Mina again", "GRADED")
    assert entry["result"]["marks"] == result().marks


def test_a_large_class_stays_below_ten_megabytes(tmp_path: Path) -> None:
    noisy = tmp_path / "noise.png"
    Image.effect_noise((1500, 2100), 80).save(noisy)
    sheets = [sheet(noisy, f"Student {number}") for number in range(10)]

    size = write_report(tmp_path / "r.html", **TITLES, sheets=sheets)

    assert size == (tmp_path / "r.html").stat().st_size
    assert size < 10_000_000
    entries = ParsedReport((tmp_path / "r.html").read_text()).given["sheets"]
    images = [page["picture"] for entry in entries for page in entry["pages"]]
    assert any(images), "images are scaled down before they are left out"


def test_a_page_without_an_image_has_its_text(tmp_path: Path) -> None:
    page = report([sheet(tmp_path / "gone.png")]).given["sheets"][0]["pages"][0]

    assert page["picture"] is None
    assert [line["text"] for line in page["lines"]] == [line.text for line in transcript().pages[0].lines]


def test_every_page_of_a_pdf_is_included(tmp_path: Path) -> None:
    long = sheet(pdf(tmp_path / "long.pdf", 3))
    long.transcript = transcript(3)

    pages = report([long]).given["sheets"][0]["pages"]

    assert [page["number"] for page in pages] == [1, 2, 3] and all(page["picture"] for page in pages)


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, [0]), (4.8, [0, 1, 2, 3, 4]), (47, [0, 10, 20, 30, 40])])
def test_an_axis_has_round_ticks(seconds: float, expected: list[float]) -> None:
    assert axis_ticks(seconds, 8) == expected


def test_modules_are_bundled_in_dependency_order(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { two as both, one } from "./b.js";\nconsole.log(both, one());\n')
    (tmp_path / "b.js").write_text("export const two = 2;\nexport async function one() {}\nconst hidden = 1;\n")

    script = bundle_modules(tmp_path / "a.js")

    assert script.index("const module_b = ") < script.index("const module_a = ")
    assert "const { two: both, one } = module_b;" in script
    assert "return { two, one };" in script and "hidden }" not in script


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('import { a } from "./a.js";\n', "imports itself"),
        ('import all from "./b.js";\n', "unsupported form"),
        ("export default 1;\n", "unsupported form"),
        ('const late = () => import("./b.js");\n', "unsupported form"),
        ('const end = "</script>";\n', "unsupported form"),
        ('import { a } from "./more/a.js";\n', "the same name"),
    ],
)
def test_an_unsupported_module_form_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "a.js").write_text(text)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.js").write_text("export const a = 1;\n")
    with pytest.raises(ValueError, match=complaint):
        bundle_modules(tmp_path / "a.js")
