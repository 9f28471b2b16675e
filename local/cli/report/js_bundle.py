"""Bundles JavaScript modules into one classic script, so that a report opened from disk runs under one CSP hash.

Browsers load no modules from `file:` URLs, and a policy that allowed `data:` or `blob:` modules would allow foreign
ones too. So each module becomes a function that returns its exports, in dependency order. Only the import and export
forms that the page uses are supported; all others are refused.
"""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)
_UNSUPPORTED = re.compile(r"^\s*(?:import|export)\b|\bimport\s*[(.]", re.MULTILINE)


def bundle_modules(entry: Path) -> str:
    """Return `entry` and every module it imports as one classic script.

    Raises
    ------
    ValueError
        Imports are circular, two modules have the same file name, a module uses an unsupported form, or its text
        would close the script element.
    """
    modules: dict[Path, str] = {}
    _add_module(entry.resolve(), modules, ())
    if len({_module_variable(path) for path in modules}) < len(modules):
        raise ValueError("Two modules have the same name.")
    return '(() => {\n"use strict";\n' + "\n".join(modules.values()) + "\n})();\n"


def _add_module(path: Path, modules: dict[Path, str], importers: tuple[Path, ...]) -> None:
    if path in modules:
        return
    if path in importers:
        raise ValueError(f"{path.name} imports itself, by way of {importers[-1].name}.")
    text = path.read_text(encoding="utf-8")
    for _, needed in _IMPORT.findall(text):
        _add_module((path.parent / needed).resolve(), modules, (*importers, path))

    def imported(found: re.Match[str]) -> str:
        names = " ".join(found[1].split()).replace(" as ", ": ")
        return f"const {{ {names} }} = {_module_variable((path.parent / found[2]).resolve())};"

    exported = [name for _, name in _EXPORT.findall(text)]
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(imported, text))
    if _UNSUPPORTED.search(body) or re.search(r"<(?:/script|!--)", body, re.IGNORECASE):
        raise ValueError(f"{path.name} cannot be bundled: it uses an unsupported form.")
    modules[path] = f"const {_module_variable(path)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _module_variable(path: Path) -> str:
    return "module_" + re.sub(r"\W", "_", path.stem)
