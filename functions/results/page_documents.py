"""Documents that are served with the page's files: what the page offers, made from the tables that the code asks.

The page's own files name no question type, kind of document or gradebook format that it only lists.
"""

import json
from functools import cache
from typing import Any

from core.models.document_kinds import DocumentKind
from core.models.question_types.definition import MARKED_TYPES, get_definition
from results.exports.gradebook.export import FORMATS

_Entries = list[dict[str, Any]]


@cache
def page_documents() -> dict[str, bytes]:
    """The documents by name, as JSON."""
    from core.models.scheme.json_schema import build_schema

    documents = {
        "question-types.json": _question_types(),
        "document-kinds.json": _document_kinds(),
        "gradebook-formats.json": _gradebook_formats(),
        "marking-scheme.schema.json": build_schema(),
    }
    return {name: json.dumps(document, indent=1).encode() for name, document in documents.items()}


def _question_types() -> _Entries:
    """The types that the page's editor offers, free text first: name, title, fields of a scheme entry, and display."""
    order = sorted(MARKED_TYPES, key=lambda one: one.value != "text")
    return [
        {
            "name": one.value,
            "title": (definition := get_definition(one)).title,
            "fields": list(definition.fields),
            "answer_title": definition.answer_title if "answer" in definition.fields else None,
            "has_options": definition.has_options,
        }
        for one in order
    ]


def _document_kinds() -> _Entries:
    """The kinds in the order of their upload areas; `many`: one file for each student."""
    return [
        {
            "name": kind.value,
            "title": kind.rules.title.capitalize(),
            "upload_title": kind.rules.upload_title,
            "also_accepted": list(kind.rules.also_accepted),
            "many": kind.rules.is_graded,
        }
        for kind in DocumentKind
    ]


def _gradebook_formats() -> _Entries:
    """The formats in the order of their buttons: the value of `for` in the request, and the platform's name."""
    return [{"name": one.name, "title": one.title} for one in FORMATS.values()]
