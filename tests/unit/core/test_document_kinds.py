"""Every kind of document has its place in the drop folder, in its assessment, in preparation and on the page."""

import json
from typing import get_args

import pytest

from core.models.document_kinds import AssessmentSlot, DocumentKind, parse_kind
from core.models.errors import UnknownKind
from core.storage.assessment_repository import AssessmentRecord
from grade.document_preparation import PARSERS
from receive.drop_folder import parse_drop_key
from results.page_documents import page_documents

PREPARED = [kind for kind in DocumentKind if not kind.rules.is_graded]


def test_kinds_that_are_prepared_have_a_parser_and_a_slot_each() -> None:
    assert list(PARSERS) == PREPARED
    assert [kind.rules.slot for kind in PREPARED] == list(get_args(AssessmentSlot))


@pytest.mark.parametrize("kind", PREPARED)
def test_the_document_that_counts_is_loaded_with_its_original(kind: DocumentKind) -> None:
    slot = kind.rules.slot
    assert slot is not None
    record = AssessmentRecord.from_item({slot: {"key": "b.json", "corrects": "a.json"}})
    assert (record.documents, record.originals) == ({slot: "b.json"}, {slot: "a.json"})


@pytest.mark.parametrize("kind", DocumentKind)
def test_a_dropped_file_is_of_the_kind_that_its_name_says(kind: DocumentKind) -> None:
    name = kind.rules.drop_folder_stem or "answers/Ada"
    student = "Ada" if kind.rules.is_graded else None
    assert parse_drop_key(f"drop/bio/{name}.pdf") == ("bio", kind, student, "application/pdf")


@pytest.mark.parametrize("kind", DocumentKind)
def test_a_kind_is_parsed_from_its_name(kind: DocumentKind) -> None:
    assert parse_kind(kind.value) is kind
    with pytest.raises(UnknownKind, match=kind.value):
        parse_kind("seating_plan")


def test_the_page_offers_every_kind() -> None:
    offered = json.loads(page_documents()["document-kinds.json"])
    assert [(one["name"], one["many"]) for one in offered] == [
        (kind.value, kind.rules.is_graded) for kind in DocumentKind
    ]
    assert all(one["title"] and one["upload_title"] for one in offered)
