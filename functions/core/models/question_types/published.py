"""Documents made from the question types: the page's editor settings, and the JSON schema of schemes."""

import json
from functools import cache

from core.models.question_types.definition import MARKED_TYPES, get_definition


def describe_types() -> list[dict[str, object]]:
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


@cache
def page_documents() -> dict[str, bytes]:
    """The documents that are served with the page's files, by name."""
    from core.models.scheme.json_schema import build_schema

    documents = {"question-types.json": describe_types(), "marking-scheme.schema.json": build_schema()}
    return {name: json.dumps(document, indent=1).encode() for name, document in documents.items()}
