"""What the template tells a function is what its code asks for. Each check returns sentences."""

import ast
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path

from core.platform.settings import Settings
from tests.template.cloudformation import Function, Template, functions

_FIELDS = {field.name: field.default for field in fields(Settings)}
# Read by a library, not by core/platform/settings.py.
LIBRARY_VARIABLES = frozenset({"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"})
# Names that a function asks for and that no template hands out, each with the reason.
LOCAL_ONLY_SETTINGS: Mapping[str, str] = {
    "openai_api_key": "in the cloud the key comes from Secrets Manager (MODEL_SECRET_ARN), never from an environment",
}


def unknown_variables(template: Template) -> list[str]:
    """Each variable is a field of Settings, or one that a library is known to read."""
    return [
        f"{function.name}: {name} is read by nobody"
        for function in functions(template)
        for name in {**function.shared_environment, **function.own_environment}
        if name.lower() not in _FIELDS and name not in LIBRARY_VARIABLES
    ]


def variables_missing(template: Template) -> list[str]:
    """A name without a default of its own (an ARN, a bucket) is given to each function whose code asks for it."""
    found = []
    for function in functions(template):
        given = {name.lower() for name in {**function.shared_environment, **function.own_environment}}
        wanted = {
            name for name in settings_used_by(function) if _FIELDS[name] == "" and name not in LOCAL_ONLY_SETTINGS
        }
        found += [f"{function.name} asks for {name.upper()} and is not told" for name in sorted(wanted - given)]
    return found


def variables_unused(template: Template) -> list[str]:
    """A function's own variables are asked for by its own code, the shared ones by somebody's."""
    found = []
    for function in functions(template):
        asked = settings_used_by(function)
        own = [name for name in function.own_environment if name not in LIBRARY_VARIABLES]
        found += [f"{function.name} never asks for {name}" for name in own if name.lower() not in asked]
    everybody = set().union(*map(settings_used_by, functions(template)))
    shared = {name for function in functions(template) for name in function.shared_environment} - LIBRARY_VARIABLES
    return found + [f"nobody asks for {name}" for name in sorted(shared) if name.lower() not in everybody]


def settings_used_by(function: Function) -> set[str]:
    """The fields of Settings that a function's own code reads: `settings().x`, or `settings.x` of a parameter. Its
    own code is its door and what that imports of its room: two doors may stand in one."""
    return {name for path in _imported_files(function.handler_file) for name in _settings_read(path)}


def _imported_files(handler_file: Path) -> set[Path]:
    found: set[Path] = set()
    ahead = [handler_file]
    while ahead:
        path = ahead.pop()
        if path not in found:
            found.add(path)
            ahead += _imported(path, handler_file.parent)
    return found


@cache
def _imported(path: Path, package: Path) -> tuple[Path, ...]:
    """The files of a room that a file of it imports, wherever in it."""
    named = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            named |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            named |= {one.name for one in node.names}
    files = (package.parent.joinpath(*name.split(".")).with_suffix(".py") for name in sorted(named))
    return tuple(file for file in files if package in file.parents and file.is_file())


@cache
def _settings_read(path: Path) -> frozenset[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in _FIELDS:
            source = node.value.func if isinstance(node.value, ast.Call) else node.value
            if isinstance(source, ast.Name) and source.id == "settings":
                found.add(node.attr)
    return frozenset(found)
