"""Transcripts: stored as before, decoded as they were, with or without their words."""

import json
from dataclasses import replace

from core.models.transcript import Line, Page, Transcript, TranscriptPart, Word

WORDS = (Word("Two", 99.5, (0.1, 0.2, 0.3, 0.4)), Word("words", 98.25, (0.5, 0.2, 0.3, 0.4)))
LINE = Line("Two words", 98.875, (0.1, 0.2, 0.7, 0.4), handwriting=True, words=WORDS)
TRANSCRIPT = Transcript((Page(1, "textract", (LINE,), rotation=90, aspect=1.5), Page(2, "text_layer", ())), ("faint",))


def test_a_transcript_is_stored_with_its_words_as_arrays() -> None:
    assert json.loads(TRANSCRIPT.to_json()) == {
        "pages": [
            {
                "number": 1,
                "source": "textract",
                "rotation": 90,
                "aspect": 1.5,
                "lines": [
                    {
                        "text": "Two words",
                        "confidence": 98.875,
                        "box": [0.1, 0.2, 0.7, 0.4],
                        "handwriting": True,
                        "words": [["Two", 99.5, [0.1, 0.2, 0.3, 0.4]], ["words", 98.25, [0.5, 0.2, 0.3, 0.4]]],
                    }
                ],
            },
            {"number": 2, "source": "text_layer", "rotation": 0, "aspect": 0.7071, "lines": []},
        ],
        "text": "Two words\n\n",
        "warnings": ["faint"],
    }


def test_a_stored_transcript_is_decoded_as_it_was() -> None:
    assert Transcript.from_json(TRANSCRIPT.to_json()) == TRANSCRIPT


def test_words_can_be_left_out_of_the_decoding() -> None:
    expected = replace(
        TRANSCRIPT, pages=(replace(TRANSCRIPT.pages[0], lines=(replace(LINE, words=()),)), TRANSCRIPT.pages[1])
    )
    assert Transcript.from_dict(json.loads(TRANSCRIPT.to_json()), with_words=False) == expected


def test_a_transcript_without_optional_fields_has_their_defaults() -> None:
    line = {"text": "a", "confidence": 99, "box": [0, 0, 1, 1], "handwriting": False}
    decoded = Transcript.from_dict({"pages": [{"number": 1, "source": "textract", "lines": [line]}]})
    assert decoded == Transcript((Page(1, "textract", (Line("a", 99, (0.0, 0.0, 1.0, 1.0)),)),))


def test_a_part_of_a_transcript_says_where_it_continues() -> None:
    part = TranscriptPart(TRANSCRIPT.pages[:1], TRANSCRIPT.warnings, 2)
    document = json.loads(json.dumps(part.to_dict()))
    assert (document["next"], document["text"]) == (2, "Two words")
    assert TranscriptPart.from_dict(document) == part
