"""Writes the table of question types into docs/grading.md, and the JSON schema of marking schemes to out/.

`make schema` runs it; a test compares the page with the code.
"""

import sys
from pathlib import Path

from core.models.question_types.definition import MARKED_TYPES, get_definition
from results.page_documents import page_documents

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "grading.md"
BEGIN, END = "<!-- question types: written by make schema -->\n", "<!-- end of question types -->\n"


def table() -> str:
    """The types with their fields and what `answer` holds, and an example of each."""
    lines = ["| Type | An answer is marked by | Fields beside `question`, `type`, `marks` | `answer` holds |"]
    lines += ["|---|---|---|---|"]
    examples = ["", "```yaml", "questions:"]
    for question_type in MARKED_TYPES:
        one = get_definition(question_type)
        fields = ", ".join(f"`{field}`" for field in one.fields)
        lines.append(f"| `{question_type.value}` | {one.marked_by} | {fields} | {one.answer or '–'} |")
        examples.append(f"  - {one.example}")
    return "\n".join([*lines, *examples, "```", ""])


def page(text: str) -> str:
    """The page `text` with the table between its two marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    schema = ROOT / "out" / "marking-scheme.schema.json"
    schema.parent.mkdir(exist_ok=True)
    schema.write_bytes(page_documents()[schema.name])
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} and {schema.relative_to(ROOT)} are written.\n")
