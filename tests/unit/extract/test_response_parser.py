"""Transcripts are built from Textract's JSON: rotated pages, jobs in parts, responses with missing fields."""

import copy
import math
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from core.models.errors import PageUnreadable, ReadingIncomplete
from core.models.transcript import Transcript
from extract.layout.transcript_builder import build_page
from extract.ocr.response_parser import parse_page_lines, parse_transcript
from tests.unit.extract.document_factory import (
    PROSE,
    PlacedLine,
    block,
    detect_text_response,
    line_blocks,
    page_blocks,
    rotate_response,
    stack_lines,
)


def get_texts(transcript: Transcript) -> list[str]:
    return [line.text for page in transcript.pages for line in page.lines]


RESPONSE = detect_text_response(stack_lines(PROSE))


def test_lines_have_words_boxes_confidence_and_handwriting() -> None:
    handwritten = {"Blocks": page_blocks([("42 m/s", 0.2, 0.5, 0.1, 0.02)], handwritten=True)}
    (line,) = parse_transcript([handwritten]).pages[0].lines
    assert (line.text, line.handwriting, line.confidence) == ("42 m/s", True, 99.1)
    assert line.box == (0.2, 0.5, 0.1, 0.02)
    assert [(word.text, word.confidence) for word in line.words] == [("42", 98.5), ("m/s", 98.5)]
    assert not parse_transcript([RESPONSE]).pages[0].lines[0].handwriting


def test_a_line_is_handwritten_if_most_of_its_letters_are() -> None:
    blocks = line_blocks("Name: Ada", (0.1, 0.1, 0.2, 0.02))
    blocks[1]["TextType"], blocks[2]["TextType"] = "PRINTED", "HANDWRITING"
    mostly_print = parse_transcript([{"Blocks": [block("PAGE", (0, 0, 1, 1)), *blocks]}])
    assert not mostly_print.pages[0].lines[0].handwriting


@pytest.mark.parametrize(("page_rotation", "turn"), [(90, 270), (180, 180), (270, 90)])
def test_a_rotated_page_and_its_boxes_are_made_upright(page_rotation: int, turn: int) -> None:
    upright = parse_transcript([RESPONSE]).pages[0]
    page = parse_transcript([rotate_response(RESPONSE, page_rotation)]).pages[0]
    assert page.rotation == turn
    assert [line.text for line in page.lines] == PROSE
    for line, expected in zip(page.lines, upright.lines, strict=True):
        assert line.box == pytest.approx(expected.box, abs=1e-4)
        assert line.words[0].box == pytest.approx(expected.words[0].box, abs=1e-4)


def test_rotation_is_found_from_words_if_polygons_are_not_rotated() -> None:
    response = rotate_response(RESPONSE, 90)
    for each in response["Blocks"]:
        box = each["Geometry"]["BoundingBox"]
        left, top, right, bottom = box["Left"], box["Top"], box["Left"] + box["Width"], box["Top"] + box["Height"]
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        each["Geometry"]["Polygon"] = [{"X": x, "Y": y} for x, y in corners]
    page = parse_transcript([response]).pages[0]
    assert (page.rotation, [line.text for line in page.lines]) == (270, PROSE)


def test_a_rotated_page_has_the_aspect_of_the_upright_one() -> None:
    page = build_page(parse_page_lines(rotate_response(RESPONSE, 90)), 1, "textract", aspect=842 / 595)
    assert page.aspect == pytest.approx(595 / 842, abs=1e-3)


def test_a_skewed_page_is_read_line_by_line() -> None:
    """At 3 degrees the end of a full line is two lines lower than its beginning."""
    slope = math.tan(math.radians(3)) * 0.7071
    blocks = [block("PAGE", (0, 0, 1, 1))]
    expected = []
    for row in range(12):
        for text, left, width in ((f"left words of row {row}", 0.08, 0.3), (f"[{row}]", 0.85, 0.04)):
            top = 0.1 + 0.025 * row + slope * left
            line, *words = line_blocks(text, (left, top, width, 0.015 + slope * width))
            for at, word in enumerate(words):
                box = word["Geometry"]["BoundingBox"]
                box["Top"], box["Height"] = top + slope * (box["Left"] - left), 0.015
                words[at] = word
            blocks += [line, *words]
            expected.append(text)
    assert get_texts(parse_transcript([{"Blocks": blocks}])) == expected


def test_two_columns_under_a_header_are_read_one_after_the_other() -> None:
    """The order of `trp` joins both columns as soon as a title is above them."""
    lines: list[PlacedLine] = [("A header that runs over the width of both columns", 0.1, 0.05, 0.8, 0.02)]
    for side, left in (("left", 0.08), ("right", 0.54)):
        lines += [(f"{side} line {n} of running text", left, 0.1 + 0.02 * n, 0.38, 0.013) for n in range(20)]
    shuffled = [lines[0], *(line for pair in zip(lines[1:21], lines[21:], strict=True) for line in pair)]
    assert get_texts(parse_transcript([detect_text_response(shuffled)])) == [line[0] for line in lines]


# ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────


def job_blocks(pages: int) -> list[dict[str, Any]]:
    """The blocks of a job, page by page, numbered as GetDocumentTextDetection numbers them."""
    return [
        each for n in range(1, pages + 1) for each in page_blocks([(f"page {n} text", 0.1, 0.1, 0.2, 0.02)], Page=n)
    ]


def job_part(blocks: list[dict[str, Any]], pages: int, *, token: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "DocumentMetadata": {"Pages": pages},
        "JobStatus": "SUCCEEDED",
        "Blocks": blocks,
        **({"NextToken": token} if token else {}),
        **more,
    }


@pytest.mark.parametrize("split_at", [1, 2, 3, 5, 7, 11])
def test_parts_of_a_job_are_joined_wherever_they_were_split(split_at: int) -> None:
    """A part may begin in the middle of a page, and the words of a line may be in the next part."""
    blocks = job_blocks(3)
    parts = [job_part(blocks[:split_at], 3, token="next"), job_part(blocks[split_at:], 3)]
    transcript = parse_transcript(parts)
    assert [page.number for page in transcript.pages] == [1, 2, 3]
    assert get_texts(transcript) == ["page 1 text", "page 2 text", "page 3 text"]
    assert [len(page.lines[0].words) for page in transcript.pages] == [3, 3, 3]


def test_pages_listed_before_all_lines_keep_their_lines() -> None:
    blocks = job_blocks(3)
    first = [each for each in blocks if each["BlockType"] == "PAGE"]
    rest = [each for each in blocks if each["BlockType"] != "PAGE"]
    assert get_texts(parse_transcript([job_part(first + rest, 3)])) == ["page 1 text", "page 2 text", "page 3 text"]


def test_unnumbered_pages_in_one_response_are_numbered_in_order() -> None:
    transcript = parse_transcript(
        [{"Blocks": page_blocks([("one", 0.1, 0.1, 0.1, 0.02)]) + page_blocks([("two", 0.1, 0.1, 0.1, 0.02)])}]
    )
    assert [page.text for page in transcript.pages] == ["one", "two"]


def test_responses_for_single_pages_form_one_document() -> None:
    """Responses of DetectDocumentText, one file each, have no page numbers."""
    transcript = parse_transcript(
        [detect_text_response([(text, 0.1, 0.1, 0.1, 0.02)]) for text in ("one", "two", "three")]
    )
    assert [(page.number, page.text) for page in transcript.pages] == [(1, "one"), (2, "two"), (3, "three")]


@pytest.mark.parametrize(
    ("operation", "response"),
    [
        pytest.param("DetectDocumentText", RESPONSE, id="a page"),
        pytest.param("DetectDocumentText", rotate_response(RESPONSE, 90), id="a rotated page"),
        pytest.param("GetDocumentTextDetection", job_part(job_blocks(3), 3, token="next"), id="a part of a job"),
        pytest.param(
            "GetDocumentTextDetection",
            job_part(job_blocks(1), 2, JobStatus="PARTIAL_SUCCESS", Warnings=[{"ErrorCode": "E", "Pages": [2]}]),
            id="a job that read some pages",
        ),
        pytest.param(
            "GetDocumentTextDetection", {"JobStatus": "FAILED", "StatusMessage": "INVALID_IMAGE"}, id="a failed job"
        ),
        pytest.param("GetDocumentTextDetection", {"JobStatus": "IN_PROGRESS"}, id="a running job"),
    ],
)
def test_the_responses_of_these_tests_match_textracts_service_model(operation: str, response: dict[str, Any]) -> None:
    """Every field is in the service model, with the right type and within its limits."""
    shape = ServiceModel(Loader().load_service_model("textract", "service-2")).operation_model(operation).output_shape
    report = ParamValidator().validate(response, shape)
    assert not report.has_errors(), report.generate_report()
    kinds = {"PAGE", "LINE", "WORD"}
    assert {each["BlockType"] for each in response.get("Blocks", [])} <= kinds


def test_a_failed_job_is_reported_with_its_reason() -> None:
    with pytest.raises(PageUnreadable, match="INVALID_IMAGE"):
        parse_transcript([{"JobStatus": "FAILED", "StatusMessage": "INVALID_IMAGE"}])


def test_a_running_job_is_not_a_blank_document() -> None:
    with pytest.raises(ReadingIncomplete, match="not finished"):
        parse_transcript([{"JobStatus": "IN_PROGRESS"}])


def test_a_missing_last_part_is_detected() -> None:
    with pytest.raises(ReadingIncomplete, match="follows"):
        parse_transcript([job_part(job_blocks(1), 1, token="more")])


def test_pages_that_a_job_could_not_read_are_named() -> None:
    blocks = [each for each in job_blocks(3) if each["Page"] != 2]
    partial = job_part(blocks, 3, JobStatus="PARTIAL_SUCCESS", Warnings=[{"ErrorCode": "PAGE_NOT_READ", "Pages": [2]}])
    transcript = parse_transcript([partial])
    assert [page.number for page in transcript.pages] == [1, 2, 3]
    assert transcript.pages[1].lines == ()
    assert transcript.warnings == ("Page 2 could not be read by Textract.",)


def test_a_page_that_is_counted_but_missing_is_named() -> None:
    transcript = parse_transcript([job_part(job_blocks(2), 3)])
    assert transcript.warnings == ("Page 3 could not be read by Textract.",)


# ── missing fields ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("response", [{}, {"Blocks": None}, {"Blocks": []}, {"DocumentMetadata": None}])
def test_a_response_without_blocks_is_a_document_without_text(response: dict[str, Any]) -> None:
    transcript = parse_transcript([response])
    assert transcript.text == ""
    assert "no text found" in transcript.warnings


@pytest.mark.parametrize("missing_field", ["Confidence", "Relationships", "Text", "Geometry", "TextType", "BlockType"])
def test_a_response_with_missing_fields_is_read_as_far_as_possible(missing_field: str) -> None:
    response = copy.deepcopy(RESPONSE)
    for each in response["Blocks"][::2]:
        each.pop(missing_field, None)
    assert set(get_texts(parse_transcript([response]))) <= set(PROSE)


def test_a_line_without_confidence_is_not_trusted() -> None:
    response = copy.deepcopy(RESPONSE)
    response["Blocks"][1].pop("Confidence")
    assert parse_transcript([response]).pages[0].lines[0].confidence == 0


def test_unknown_and_incomplete_blocks_are_ignored() -> None:
    response = copy.deepcopy(RESPONSE)
    response["Blocks"] += [
        block("KEY_VALUE_SET", (0, 0, 1, 1), EntityTypes=["KEY"]),
        block("TABLE", (0, 0, 1, 1)),
        block("LAYOUT_TEXT", (0, 0, 1, 1), Confidence=90.0),
        {"Id": "strange"},
        "not a block",
    ]
    assert get_texts(parse_transcript([response])) == PROSE


def test_missing_children_are_left_out() -> None:
    response = copy.deepcopy(RESPONSE)
    response["Blocks"][1]["Relationships"][0]["Ids"].append("nowhere")
    assert get_texts(parse_transcript([response])) == PROSE


def test_a_transcript_survives_encoding_to_json() -> None:
    transcript = parse_transcript([RESPONSE])
    assert Transcript.from_json(transcript.to_json()) == transcript
