"""Generator of docs/api.md, the description for people who write a client."""

from pathlib import Path

from core.models import errors
from release.openapi.document import status_of
from release.openapi.route_model import Route
from release.openapi.routes import ROUTES

FILE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
# The text above the table.
_INTRODUCTION = Path(__file__).with_name("head.md")


def text() -> str:
    return _INTRODUCTION.read_text(encoding="utf-8") + "".join(map(_route_row, ROUTES))


def _route_row(route: Route) -> str:
    error_types: list[type[errors.GradelineError]] = [*route.error_types]
    if "{" in route.path:
        error_types.append(errors.NotFound)
    names = (f"{status_of(error)} {error.__name__}" for error in error_types)
    statuses = " ".join(map(str, route.responses))
    return f"| `{route.method} {route.path}` | {route.summary} | {statuses} | {', '.join(sorted(set(names)))} |\n"
