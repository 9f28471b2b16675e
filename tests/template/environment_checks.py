"""Checks that the environment variables of the template are those that the code reads. Checks return sentences."""

import ast
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path

from core.platform.settings import Settings
from tests.template.cloudformation import Function, Template, functions

_FIELDS = {field.name: field.default for field in fields(Settings)}
# Read by a library instead of core/platform/settings.py.
LIBRARY_VARIABLES = frozenset({"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"})
# Settings that a function reads and the template does not set, each with the reason.
LOCAL_ONLY_SETTINGS: Mapping[str, str] = {
    "openai_api_key": "in the cloud the key comes from Secrets Manager (MODEL_SECRET_ARN), never from an environment",
}


def unknown_variables(template: Template) -> list[str]:
    """Variables that are neither a field of Settings nor read by a library."""
    return [
        f"{function.name}: {name} is never read"
        for function in functions(template)
        for name in {**function.shared_environment, **function.own_environment}
        if name.lower() not in _FIELDS and name not in LIBRARY_VARIABLES
    ]


def variables_missing(template: Template) -> list[str]:
    """Settings without a default (an ARN, a bucket) that a function reads and is not given."""
    found = []
    for function in functions(template):
        given = {name.lower() for name in {**function.shared_environment, **function.own_environment}}
        wanted = {
            name for name in settings_used_by(function) if _FIELDS[name] == "" and name not in LOCAL_ONLY_SETTINGS
        }
        found += [f"{function.name} reads {name.upper()}, which it is not given" for name in sorted(wanted - given)]
    return found


def variables_unused(template: Template) -> list[str]:
    """A function's own variables that its code does not read, and shared ones that no code reads."""
    found = []
    for function in functions(template):
        read = settings_used_by(function)
        own = [name for name in function.own_environment if name not in LIBRARY_VARIABLES]
        found += [f"{function.name} never reads {name}" for name in own if name.lower() not in read]
    read_by_any = set().union(*map(settings_used_by, functions(template)))
    shared = {name for function in functions(template) for name in function.shared_environment} - LIBRARY_VARIABLES
    return found + [f"no function reads {name}" for name in sorted(shared) if name.lower() not in read_by_any]


def settings_used_by(function: Function) -> set[str]:
    """The fields of Settings that a function's own code reads: `settings().x`, or `settings.x` of a parameter.

    Its own code is its handler module and what that imports of its package, which may hold several handlers.
    """
    return {name for path in _imported_files(function.handler_file) for name in _settings_read(path)}


def _imported_files(handler_file: Path) -> set[Path]:
    found: set[Path] = set()
    waiting = [handler_file]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path, handler_file.parent)
    return found


@cache
def _imported(path: Path, package: Path) -> tuple[Path, ...]:
    """The files of the package that a file of it imports, at any level."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            modules |= {one.name for one in node.names}
    files = (package.parent.joinpath(*name.split(".")).with_suffix(".py") for name in sorted(modules))
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
