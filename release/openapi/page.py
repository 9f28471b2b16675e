"""docs/api.md: the same for people who write a client."""

from pathlib import Path

from core import errors
from release.openapi.document import status_of
from release.openapi.routes import ROUTES, Route

FILE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
# What stands above the table.
_HEAD = Path(__file__).with_name("head.md")


def text() -> str:
    return _HEAD.read_text(encoding="utf-8") + "".join(map(_row, ROUTES))


def _row(route: Route) -> str:
    refusals: list[type[errors.GradelineError]] = [*route.refusals]
    if "{" in route.path:
        refusals.append(errors.NotFound)
    names = (f"{status_of(error)} {error.__name__}" for error in refusals)
    answers = " ".join(map(str, route.answers))
    return f"| `{route.method} {route.path}` | {route.summary} | {answers} | {', '.join(sorted(set(names)))} |\n"
