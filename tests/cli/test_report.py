"""The report is one file: it shows every sheet with its reasons, runs nothing foreign and asks no network."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.result import ReviewReason
from core.submission import Kind
from local import wording
from local.deliveries import Delivery
from local.report import render, write_report
from local.report.charts import distribution, lanes_of_one, steps
from local.report.pictures import Album, Picture
from local.status import Status
from tests.cli.papers import PAPER, boxes, pdf, picture, result, sheet, status_document, timeline, transcript


class Page(HTMLParser):
    """Every element with its attributes, and the text that is shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._silent += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key.rstrip("_").replace("_", "-")) == v for key, v in attributes.items())
        ]


def report(sheets: list[Delivery], **more: Any) -> Page:
    return Page(render(**{"title": "Rivers and rain", "made_at": "today", "paper": PAPER, "sheets": sheets, **more}))


def drawn(path: Path, turned: int = 0) -> Picture:
    return Album(room=100_000, pages=1).draw(path, rotations={1: turned}, pages=1)[0]


def test_a_sheet_is_shown_with_its_marks_reasons_evidence_and_lanes(tmp_path: Path) -> None:
    page = report([sheet(picture(tmp_path / "mina.png"), result=result(doubtful=True))])

    for words in (
        "Mina Okafor",
        "Explain why it rains in the hills.",
        "Air goes up over the hills and gets colder.",
        "Two of three points were found.",
        "vapour condenses as it cools",
        "vapour becomes drops",
        "marked by key points (provisional) · confidence 55%",
        "This answer lies between two marks.",
        "Say what condensation is.",
        "Storing and recording ran while the page was read: 0.55 s saved.",
        "Times from the execution's history",
    ):
        assert words.lower() in page.text.lower()
    assert len(page.all("img")) == 1


def test_a_corrected_reading_shows_what_had_been_read(tmp_path: Path) -> None:
    marked = result()
    corrected = (replace(marked.questions[0], read_as="<b>8"), replace(marked.questions[1], read_as=""))
    page = report([sheet(picture(tmp_path / "a.png"), result=replace(marked, questions=corrected))])
    assert "it had been read as <b>8 ." in page.text
    assert "nothing had been read" in page.text


def test_each_line_of_an_answer_is_a_box_on_its_page_that_names_the_answer(tmp_path: Path) -> None:
    page = report([sheet(picture(tmp_path / "mina.png"))])
    shown = page.all("img")[0]
    width, height = int(shown["width"] or 0), int(shown["height"] or 0)

    found = page.all("rect", data_answer="s1-3")

    assert [article["id"] for article in page.all("article")] == ["s1-1", "s1-2", "s1-3", "s1-4"]
    assert len(found) == len(boxes()["3.a"])
    left, top, _, line = boxes()["3.a"][0]
    assert float(found[0]["x"] or 0) == pytest.approx(left * width, abs=6)
    assert float(found[0]["y"] or 0) == pytest.approx(top * height, abs=6)
    assert float(found[0]["height"] or 0) == pytest.approx(line * height, abs=10)


@pytest.mark.parametrize(
    "hostile", ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", '"><svg/onload=x>']
)
def test_what_strangers_wrote_stays_text(tmp_path: Path, hostile: str) -> None:
    marked = result()
    evil = replace(
        marked.questions[3],
        answer=hostile,
        reason=hostile,
        feedback=hostile,
        criteria=(replace(marked.questions[3].criteria[0], text=hostile, quote=hostile),),
        marker=f"model:{hostile}",
    )
    bad = replace(marked, questions=(*marked.questions[:3], evil), leftover=hostile, warnings=(hostile,))
    refused = Delivery(tmp_path / "x.pdf", Kind.ANSWER_SHEET, hostile, refusal=hostile)
    paper = replace(PAPER, questions=tuple(replace(question, text=hostile) for question in PAPER.questions))

    page = report(
        [sheet(picture(tmp_path / "a.png"), hostile, result=bad), refused], title=hostile, paper=paper, notes=[hostile]
    )

    assert hostile in page.text
    assert len(page.all("script")) == 1
    assert all(found.get("src", "data:").startswith("data:") for found in page.all("img"))
    assert not [name for _, found in page.elements for name in found if name.startswith("on")]


def test_nothing_is_fetched_and_only_the_named_script_may_run(tmp_path: Path) -> None:
    html = render(title="T", made_at="today", paper=PAPER, sheets=[sheet(picture(tmp_path / "a.png"))])
    page = Page(html)

    assert not re.search(r"""(?:src|href|url\()\s*=?\s*["']?\s*(?:https?:)?//""", html)
    assert not page.all("link") and not page.all("iframe")
    policy = page.all("meta", http_equiv="Content-Security-Policy")[0]["content"] or ""
    assert "default-src 'none'" in policy and "unsafe" not in policy
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert text
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert not [found for _, found in page.elements if "style" in found], "the policy would drop inline styles"


def test_a_sheet_without_marks_says_why(tmp_path: Path) -> None:
    reason = {"type": "EncryptedDocument", "message": "The PDF asks for a password."}
    locked = Delivery(
        tmp_path / "zed.pdf",
        Kind.ANSWER_SHEET,
        "Zed",
        status=Status.from_dict(status_document(state="REJECTED", result=None, reason=reason)),
    )

    page = report([locked])

    assert "Zed zed.pdf Cannot be read: The PDF asks for a password." in page.text


def test_a_large_class_stays_below_ten_megabytes(tmp_path: Path) -> None:
    noisy = tmp_path / "noise.png"
    Image.effect_noise((1500, 2100), 80).save(noisy)
    sheets = [sheet(noisy, f"Student {number}") for number in range(10)]

    size = write_report(tmp_path / "r.html", title="T", made_at="today", paper=PAPER, sheets=sheets)

    assert size == (tmp_path / "r.html").stat().st_size
    assert size < 10_000_000
    assert Page((tmp_path / "r.html").read_text()).all("img"), "pictures shrink before they are left out"


def test_a_picture_left_out_leaves_the_words(tmp_path: Path) -> None:
    vanished = sheet(tmp_path / "gone.png")

    page = report([vanished])

    assert "The picture of this page is left out; this is what was read on it." in page.text
    assert not page.all("img")


def test_pages_are_drawn_upright(tmp_path: Path) -> None:
    lying = tmp_path / "lying.png"
    Image.new("RGB", (400, 200)).save(lying)

    upright = drawn(lying, 90)

    assert (upright.width, upright.height) == (200, 400)


def test_a_turn_is_clockwise(tmp_path: Path) -> None:
    corner = Image.new("RGB", (400, 200), "white")
    corner.paste("black", (0, 0, 60, 60))
    corner.save(tmp_path / "corner.png")

    shown = drawn(tmp_path / "corner.png", 90)

    body = base64.b64decode((shown.source or "").partition(",")[2])
    (tmp_path / "turned.webp").write_bytes(body)
    turned = Image.open(tmp_path / "turned.webp").convert("L")
    assert turned.getpixel((190, 10)) < 60, "the top left corner has gone to the top right"
    assert turned.getpixel((10, 10)) > 200


def test_every_page_of_a_pdf_is_shown(tmp_path: Path) -> None:
    long = sheet(pdf(tmp_path / "long.pdf", 3))
    long.transcript = transcript(3)

    page = report([long])

    assert len(page.all("img")) == 3
    assert "Page 2 of 3" in page.text


def test_pictures_of_photos_follow_their_orientation_tag(tmp_path: Path) -> None:
    photo = Image.new("RGB", (300, 100))
    tag = Image.Exif()
    tag[0x0112] = 6
    photo.save(tmp_path / "photo.jpg", exif=tag)

    shown = drawn(tmp_path / "photo.jpg")

    assert (shown.width, shown.height) == (100, 300)


def test_every_review_reason_has_words_for_a_teacher() -> None:
    for reason in ReviewReason:
        assert wording.in_short(reason)
        assert wording.in_a_sentence(reason).endswith(".")


def test_the_lanes_stand_beside_each_other_on_one_axis() -> None:
    chart = lanes_of_one(timeline(), width=480)

    assert chart
    reading, storing, recording, grading = chart.bars
    assert reading.x == storing.x == recording.x == 0
    assert reading.width == pytest.approx(400) and storing.width == pytest.approx(50)
    assert chart.joined_x and reading.x + reading.width <= chart.joined_x <= grading.x
    assert reading.text == "4.00 s"


def test_totals_are_spread_over_tenths() -> None:
    spread = distribution([0.0, 0.05, 0.55, 1.0])

    assert spread
    assert [column.count for column in spread.columns] == [2, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert spread.mean == "40%"


@pytest.mark.parametrize(("seconds", "ticks"), [(0.0, [0]), (4.8, [0, 1, 2, 3, 4]), (47, [0, 10, 20, 30, 40])])
def test_an_axis_has_round_numbers(seconds: float, ticks: list[float]) -> None:
    assert steps(seconds) == ticks
