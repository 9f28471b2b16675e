"""The JSON schema of marking schemes, built from the question types and the limits of the parser.

It is served next to the page (`marking-scheme.schema.json`), and `make schema` writes it to `out/`. A property test
compares it with the parser. Not expressible in a schema: each question is given once, a range's lowest number comes
first, a pattern is a regular expression that compiles.
"""

from typing import Any

from core.models.question_types.definition import MARKED_TYPES, QuestionTypeDefinition, get_definition
from core.models.scheme.entry_fields import EVERY_TYPE, MAX_MARKS, QUESTION_FIELDS

Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_NUMBER = r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?"
_DEFINITIONS: Schema = {
    "text": _TEXT,
    "wording": {**_TEXT, "pattern": r"\S"},
    "number": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*$"}]},
    "marks": {
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": int(MAX_MARKS)},
            {"type": "string", "pattern": r"^\s*\+?(\d{1,3}(\.\d*)?|\.\d+|1000(\.0*)?)\s*$"},
        ]
    },
    "step": {
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0, "maximum": int(MAX_MARKS)},
            {"type": "string", "pattern": r"^\s*\+?(\d{0,3}\.?0*[1-9]\d*|[1-9]\d{0,2}(\.\d*)?|1000)\s*$"},
        ]
    },
    "truth": {
        "anyOf": [
            {"type": "boolean"},
            {
                "type": "string",
                "pattern": r"^\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo])\s*$",
            },
        ]
    },
}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _one_or_list(item: Schema) -> list[Schema]:
    return [item, {"type": "array", "minItems": 1, "items": item}]


_CRITERION: Schema = {
    "type": "object",
    "required": ["text", "marks"],
    "additionalProperties": False,
    "properties": {
        "text": {"description": "The point that the answer should make.", **_ref("wording")},
        "marks": _ref("marks"),
        "accept": {
            "description": "Other wordings that count as the same point.",
            "anyOf": [_ref("wording"), {"type": "array", "items": _ref("wording")}],
        },
    },
}
# What each field of a question holds: its description, and the schemas of its values.
_FIELDS: dict[str, tuple[str, list[Schema]]] = {
    "marks": ("What the question is worth.", [_ref("marks")]),
    "answer": ("", _one_or_list(_ref("wording"))),
    "partial": ("Of several right answers, each earns its share, and each wrong one takes it back.", [_ref("truth")]),
    "negative": ("Marks deducted for a wrong answer.", [_ref("marks")]),
    "unit": ("The unit of a number, as in m/s^2.", [_ref("text")]),
    "tolerance": (
        "How far off a number may be, in its unit (0.1) or as a percentage (2%).",
        [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": r"^\s*\d+(\.\d+)?([eE][-+]?\d+)?\s*%?\s*$"},
        ],
    ),
    "range": (
        "The lowest and the highest number that is right.",
        [{"type": "array", "minItems": 2, "maxItems": 2, "items": _ref("number")}],
    ),
    "significant_figures": (
        "How many significant figures the number must be given to.",
        [
            {"type": "integer", "minimum": 1, "maximum": 15},
            {"type": "string", "pattern": r"^\s*(1[0-5]|[1-9])\s*$"},
        ],
    ),
    "model_answer": ("A full answer.", [_ref("text")]),
    "criteria": (
        "What earns the marks, one point each.",
        [{"type": "array", "minItems": 1, "items": _ref("criterion")}],
    ),
}


def build_schema() -> Schema:
    """The schema (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:gradeline:marking-scheme",
        "title": "Marking scheme",
        "description": "How a paper is marked, as JSON or YAML. In YAML, plain scalars are read as their field asks: "
        "`answer: no` of a true_false question is false, `question: 1.10` stays 1.10.",
        "type": "object",
        "required": ["questions"],
        "additionalProperties": False,
        "properties": {
            "title": _optional("A name for people.", [_ref("text")]),
            "rounding": _optional("The step that a question's marks are rounded to (0.5, 1).", [_ref("step")]),
            "questions": {"type": "array", "minItems": 1, "items": _ref("question")},
        },
        "$defs": {**_DEFINITIONS, "criterion": _CRITERION, "question": _question()},
    }


def _optional(description: str, values: list[Schema]) -> Schema:
    return {"description": description, "anyOf": [*values, {"type": "null"}]}


def _question() -> Schema:
    properties: Schema = {
        "question": {
            "description": 'The question\'s label as printed ("5(a)", "B2") or its id ("5.a", "B.2").',
            "type": ["string", "number"],
            "pattern": r"\S",
        },
        "type": {
            "description": "How it is answered. May be left out: it then follows from the other fields and the paper.",
            "enum": [*(one.value for one in MARKED_TYPES), None],
        },
    }
    for name in QUESTION_FIELDS:
        if name not in properties:
            description, values = _FIELDS[name]
            properties[name] = _optional(description or _describe_answers(), values)
    mappings = [one for one in MARKED_TYPES if get_definition(one).takes_mapping]
    if mappings:
        properties["answer"]["anyOf"].insert(
            2, {"type": "object", "minProperties": 1, "additionalProperties": _ref("wording")}
        )
    return {
        "type": "object",
        "required": ["question"],
        "additionalProperties": False,
        "properties": properties,
        "allOf": [_rule(one.value, get_definition(one)) for one in MARKED_TYPES],
    }


def _describe_answers() -> str:
    described = [(one, get_definition(one).answer) for one in MARKED_TYPES]
    return "The right answer, or a list. " + " ".join(f"{one.value}: {answer}." for one, answer in described if answer)


def _rule(name: str, definition: QuestionTypeDefinition) -> Schema:
    """What an entry of this type may hold: fields of other types are null, and its answers have their own form."""
    constraints: Schema = {
        field: {"type": "null"}
        for field, types in QUESTION_FIELDS.items()
        if types != EVERY_TYPE and field not in definition.fields
    }
    item = dict(definition.answer_schema) if definition.answer_schema is not None else {}
    if "answer" in definition.fields and (item or not definition.takes_mapping):
        most = {} if definition.max_answers is None else {"maxItems": definition.max_answers}
        mapping = [{"type": "object"}] if definition.takes_mapping else []
        constraints["answer"] = {"anyOf": [item or _TEXT, {"type": "array", "items": item or _TEXT, **most}, *mapping]}
        constraints["answer"]["anyOf"].append({"type": "null"})
    return {
        "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
        "then": {"properties": constraints},
    }
