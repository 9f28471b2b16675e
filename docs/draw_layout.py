"""Writes the layout of the code into docs/architecture.md: every module with the first sentence of its docstring.

`make layout` runs it; a test compares the page with the code.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
FOLDERS = ("functions", "local")
BEGIN, END = "<!-- layout: written by make layout -->\n", "<!-- end of layout -->\n"


def summary(path: Path) -> str:
    """The first sentence of a module's docstring, on one line."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`\"])", paragraph)[0].rstrip(".").replace("|", "\\|")


def packages(root: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Each folder that holds modules, with its modules in the order of their names."""
    folders = sorted({path.parent for path in root.rglob("*.py") if "__pycache__" not in path.parts})
    for folder in folders:
        modules = [path for path in sorted(folder.glob("*.py")) if path.name != "__init__.py" or summary(path)]
        if modules:
            yield folder, modules


def layout() -> str:
    lines: list[str] = []
    for root in FOLDERS:
        for folder, modules in packages(ROOT / root):
            lines += ["", f"### `{folder.relative_to(ROOT).as_posix()}/`", "", "| Module | Holds |", "|---|---|"]
            lines += [
                f"| [`{path.name}`](../{path.relative_to(ROOT).as_posix()}) | {summary(path)} |" for path in modules
            ]
    return "\n".join([*lines, ""])


def page(text: str) -> str:
    """The page `text` with the layout between its two marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{layout()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)} is written.\n")
