"""Transcripts out of Textract's own JSON: turned pages, jobs in parts, answers with holes."""

import copy
import math
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from core.models.errors import PageUnreadable, ReadingIncomplete
from core.models.transcript import Transcript
from extract.ocr.response_parser import parse_page, parse_transcript
from tests.unit.extract.document_factory import (
    PROSE,
    PlacedLine,
    block,
    detect_text_response,
    line_blocks,
    page_blocks,
    stack_lines,
)


def turned(response: dict[str, Any], degrees: int) -> dict[str, Any]:
    """The same answer for a page that lies turned clockwise by so many degrees."""

    def turn(x: float, y: float) -> tuple[float, float]:
        return {90: (1 - y, x), 180: (1 - x, 1 - y), 270: (y, 1 - x)}[degrees]

    result = copy.deepcopy(response)
    for each in result["Blocks"]:
        points = [turn(point["X"], point["Y"]) for point in each["Geometry"]["Polygon"]]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        each["Geometry"] = {
            "BoundingBox": {"Left": min(xs), "Top": min(ys), "Width": max(xs) - min(xs), "Height": max(ys) - min(ys)},
            "Polygon": [{"X": x, "Y": y} for x, y in points],
        }
    return result


def texts(transcript: Transcript) -> list[str]:
    return [line.text for page in transcript.pages for line in page.lines]


ONE = detect_text_response(stack_lines(PROSE))


def test_lines_carry_words_boxes_confidence_and_hand() -> None:
    by_hand = {"Blocks": page_blocks([("42 m/s", 0.2, 0.5, 0.1, 0.02)], by_hand=True)}
    (line,) = parse_transcript([by_hand]).pages[0].lines
    assert (line.text, line.handwriting, line.confidence) == ("42 m/s", True, 99.1)
    assert line.box == (0.2, 0.5, 0.1, 0.02)
    assert [(word.text, word.confidence) for word in line.words] == [("42", 98.5), ("m/s", 98.5)]
    assert not parse_transcript([ONE]).pages[0].lines[0].handwriting


def test_line_is_by_hand_where_most_of_its_letters_are() -> None:
    blocks = line_blocks("Name: Ada", (0.1, 0.1, 0.2, 0.02))
    blocks[1]["TextType"], blocks[2]["TextType"] = "PRINTED", "HANDWRITING"
    mostly_print = parse_transcript([{"Blocks": [block("PAGE", (0, 0, 1, 1)), *blocks]}])
    assert not mostly_print.pages[0].lines[0].handwriting


@pytest.mark.parametrize(("lies", "turn"), [(90, 270), (180, 180), (270, 90)])
def test_turned_page_is_set_upright_with_its_boxes(lies: int, turn: int) -> None:
    upright = parse_transcript([ONE]).pages[0]
    page = parse_transcript([turned(ONE, lies)]).pages[0]
    assert page.rotation == turn
    assert [line.text for line in page.lines] == PROSE
    for line, expected in zip(page.lines, upright.lines, strict=True):
        assert line.box == pytest.approx(expected.box, abs=1e-4)
        assert line.words[0].box == pytest.approx(expected.words[0].box, abs=1e-4)


def test_turned_page_is_known_by_its_words_even_where_polygons_are_not_turned() -> None:
    response = turned(ONE, 90)
    for each in response["Blocks"]:
        box = each["Geometry"]["BoundingBox"]
        left, top, right, bottom = box["Left"], box["Top"], box["Left"] + box["Width"], box["Top"] + box["Height"]
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        each["Geometry"]["Polygon"] = [{"X": x, "Y": y} for x, y in corners]
    page = parse_transcript([response]).pages[0]
    assert (page.rotation, [line.text for line in page.lines]) == (270, PROSE)


def test_shape_of_a_turned_page_is_that_of_the_upright_one() -> None:
    page = parse_page(turned(ONE, 90), 1, aspect=842 / 595)
    assert page.aspect == pytest.approx(595 / 842, abs=1e-3)


def test_page_that_lies_askew_is_read_line_by_line() -> None:
    """At 3 degrees a full line ends two lines lower than it begins."""
    fall = math.tan(math.radians(3)) * 0.7071
    blocks = [block("PAGE", (0, 0, 1, 1))]
    expected = []
    for row in range(12):
        for text, left, width in ((f"left words of row {row}", 0.08, 0.3), (f"[{row}]", 0.85, 0.04)):
            top = 0.1 + 0.025 * row + fall * left
            line, *words = line_blocks(text, (left, top, width, 0.015 + fall * width))
            for at, word in enumerate(words):
                place = word["Geometry"]["BoundingBox"]
                place["Top"], place["Height"] = top + fall * (place["Left"] - left), 0.015
                words[at] = word
            blocks += [line, *words]
            expected.append(text)
    assert texts(parse_transcript([{"Blocks": blocks}])) == expected


def test_two_columns_under_a_header_are_read_one_after_the_other() -> None:
    """The parser's own order puts both columns into one as soon as a title stands over them."""
    lines: list[PlacedLine] = [("A header that runs over the width of both columns", 0.1, 0.05, 0.8, 0.02)]
    for side, left in (("left", 0.08), ("right", 0.54)):
        lines += [(f"{side} line {n} of running text", left, 0.1 + 0.02 * n, 0.38, 0.013) for n in range(20)]
    shuffled = [lines[0], *(line for pair in zip(lines[1:21], lines[21:], strict=True) for line in pair)]
    assert texts(parse_transcript([detect_text_response(shuffled)])) == [line[0] for line in lines]


# ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────


def job(pages: int) -> list[dict[str, Any]]:
    """The blocks of a job, page by page, numbered as GetDocumentTextDetection numbers them."""
    return [
        each for n in range(1, pages + 1) for each in page_blocks([(f"page {n} text", 0.1, 0.1, 0.2, 0.02)], Page=n)
    ]


def part(blocks: list[dict[str, Any]], pages: int, *, token: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "DocumentMetadata": {"Pages": pages},
        "JobStatus": "SUCCEEDED",
        "Blocks": blocks,
        **({"NextToken": token} if token else {}),
        **more,
    }


@pytest.mark.parametrize("cut", [1, 2, 3, 5, 7, 11])
def test_parts_of_a_job_are_joined_wherever_they_were_cut(cut: int) -> None:
    """A part may begin in the middle of a page, and a line may have its words in the next part."""
    blocks = job(3)
    parts = [part(blocks[:cut], 3, token="next"), part(blocks[cut:], 3)]
    transcript = parse_transcript(parts)
    assert [page.number for page in transcript.pages] == [1, 2, 3]
    assert texts(transcript) == ["page 1 text", "page 2 text", "page 3 text"]
    assert [len(page.lines[0].words) for page in transcript.pages] == [3, 3, 3]


def test_pages_listed_before_all_lines_keep_their_lines() -> None:
    blocks = job(3)
    first = [each for each in blocks if each["BlockType"] == "PAGE"]
    rest = [each for each in blocks if each["BlockType"] != "PAGE"]
    assert texts(parse_transcript([part(first + rest, 3)])) == ["page 1 text", "page 2 text", "page 3 text"]


def test_answers_for_single_pages_are_pages_one_after_the_other() -> None:
    transcript = parse_transcript(
        [{"Blocks": page_blocks([("one", 0.1, 0.1, 0.1, 0.02)]) + page_blocks([("two", 0.1, 0.1, 0.1, 0.02)])}]
    )
    assert [page.text for page in transcript.pages] == ["one", "two"]


def test_answers_of_pages_read_one_by_one_are_the_pages_of_one_document() -> None:
    """As DetectDocumentText gave them, a file each: none is numbered."""
    transcript = parse_transcript(
        [detect_text_response([(text, 0.1, 0.1, 0.1, 0.02)]) for text in ("one", "two", "three")]
    )
    assert [(page.number, page.text) for page in transcript.pages] == [(1, "one"), (2, "two"), (3, "three")]


@pytest.mark.parametrize(
    ("operation", "response"),
    [
        pytest.param("DetectDocumentText", ONE, id="a page"),
        pytest.param("DetectDocumentText", turned(ONE, 90), id="a turned page"),
        pytest.param("GetDocumentTextDetection", part(job(3), 3, token="next"), id="a part of a job"),
        pytest.param(
            "GetDocumentTextDetection",
            part(job(1), 2, JobStatus="PARTIAL_SUCCESS", Warnings=[{"ErrorCode": "E", "Pages": [2]}]),
            id="a job that read some pages",
        ),
        pytest.param(
            "GetDocumentTextDetection", {"JobStatus": "FAILED", "StatusMessage": "INVALID_IMAGE"}, id="a failed job"
        ),
        pytest.param("GetDocumentTextDetection", {"JobStatus": "IN_PROGRESS"}, id="a job under way"),
    ],
)
def test_the_answers_of_these_tests_have_textracts_own_shape(operation: str, response: dict[str, Any]) -> None:
    """Every field is one of the service's model, of its type and within its bounds."""
    shape = ServiceModel(Loader().load_service_model("textract", "service-2")).operation_model(operation).output_shape
    report = ParamValidator().validate(response, shape)
    assert not report.has_errors(), report.generate_report()
    kinds = {"PAGE", "LINE", "WORD"}
    assert {each["BlockType"] for each in response.get("Blocks", [])} <= kinds


def test_failed_job_is_told_with_its_reason() -> None:
    with pytest.raises(PageUnreadable, match="INVALID_IMAGE"):
        parse_transcript([{"JobStatus": "FAILED", "StatusMessage": "INVALID_IMAGE"}])


def test_job_that_still_runs_is_not_a_blank_document() -> None:
    with pytest.raises(ReadingIncomplete, match="not finished"):
        parse_transcript([{"JobStatus": "IN_PROGRESS"}])


def test_missing_last_part_is_noticed() -> None:
    with pytest.raises(ReadingIncomplete, match="follows"):
        parse_transcript([part(job(1), 1, token="more")])


def test_pages_that_a_job_could_not_read_are_named_and_not_silently_missing() -> None:
    blocks = [each for each in job(3) if each["Page"] != 2]
    partly = part(blocks, 3, JobStatus="PARTIAL_SUCCESS", Warnings=[{"ErrorCode": "PAGE_NOT_READ", "Pages": [2]}])
    transcript = parse_transcript([partly])
    assert [page.number for page in transcript.pages] == [1, 2, 3]
    assert transcript.pages[1].lines == ()
    assert transcript.warnings == ("Page 2 could not be read by Textract.",)


def test_page_that_is_counted_but_not_delivered_is_named() -> None:
    transcript = parse_transcript([part(job(2), 3)])
    assert transcript.warnings == ("Page 3 could not be read by Textract.",)


# ── holes ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("response", [{}, {"Blocks": None}, {"Blocks": []}, {"DocumentMetadata": None}])
def test_answer_without_blocks_is_a_document_without_text(response: dict[str, Any]) -> None:
    transcript = parse_transcript([response])
    assert transcript.text == ""
    assert "no text found" in transcript.warnings


@pytest.mark.parametrize("hole", ["Confidence", "Relationships", "Text", "Geometry", "TextType", "BlockType"])
def test_answer_with_a_hole_in_every_other_block_is_read_as_far_as_it_goes(hole: str) -> None:
    response = copy.deepcopy(ONE)
    for each in response["Blocks"][::2]:
        each.pop(hole, None)
    assert set(texts(parse_transcript([response]))) <= set(PROSE)


def test_line_without_confidence_is_not_trusted() -> None:
    response = copy.deepcopy(ONE)
    response["Blocks"][1].pop("Confidence")
    assert parse_transcript([response]).pages[0].lines[0].confidence == 0


def test_key_without_relationships_and_other_kinds_of_blocks_do_no_harm() -> None:
    response = copy.deepcopy(ONE)
    response["Blocks"] += [
        block("KEY_VALUE_SET", (0, 0, 1, 1), EntityTypes=["KEY"]),
        block("TABLE", (0, 0, 1, 1)),
        block("LAYOUT_TEXT", (0, 0, 1, 1), Confidence=90.0),
        {"Id": "strange"},
        "not a block",
    ]
    assert texts(parse_transcript([response])) == PROSE


def test_children_that_are_not_there_are_left_out() -> None:
    response = copy.deepcopy(ONE)
    response["Blocks"][1]["Relationships"][0]["Ids"].append("nowhere")
    assert texts(parse_transcript([response])) == PROSE


def test_transcript_survives_its_own_json() -> None:
    transcript = parse_transcript([ONE])
    assert Transcript.from_json(transcript.to_json()) == transcript
