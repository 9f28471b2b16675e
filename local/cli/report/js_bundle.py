"""JavaScript modules as one script: all that a file opened from a disk may run, named by one hash in its policy.

A browser loads no module from a `file:` address, and a policy that let it run `data:` or `blob:` modules would let
others in too. So each module becomes a function that gives what it exports, in the order in which they need each
other. Of the language's forms of import and export only those that the page uses are known; others are refused.
"""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function|const|class) (\w+)", re.MULTILINE)
_UNSUPPORTED = re.compile(r"^\s*(?:import|export)\b|\bimport\s*[(.]", re.MULTILINE)


def bundle_modules(entry: Path) -> str:
    """`entry` and every module that it needs, as one classic script.

    Raises
    ------
    ValueError
        Modules need each other in a circle, one uses a form that is not known here, or its text would end the
        element that it stands in.
    """
    modules: dict[Path, str] = {}
    _add_module(entry.resolve(), modules, ())
    if len({_module_variable(path) for path in modules}) < len(modules):
        raise ValueError("Two modules have one name.")
    return '(() => {\n"use strict";\n' + "\n".join(modules.values()) + "\n})();\n"


def _add_module(path: Path, modules: dict[Path, str], importers: tuple[Path, ...]) -> None:
    if path in modules:
        return
    if path in importers:
        raise ValueError(f"{path.name} needs itself, by way of {importers[-1].name}.")
    text = path.read_text(encoding="utf-8")
    for _, needed in _IMPORT.findall(text):
        _add_module((path.parent / needed).resolve(), modules, (*importers, path))

    def imported(found: re.Match[str]) -> str:
        names = " ".join(found[1].split()).replace(" as ", ": ")
        return f"const {{ {names} }} = {_module_variable((path.parent / found[2]).resolve())};"

    exported = [name for _, name in _EXPORT.findall(text)]
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(imported, text))
    if _UNSUPPORTED.search(body) or re.search(r"<(?:/script|!--)", body, re.IGNORECASE):
        raise ValueError(f"{path.name} cannot be put into one script: a form that is not known here.")
    modules[path] = f"const {_module_variable(path)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _module_variable(path: Path) -> str:
    return "module_" + re.sub(r"\W", "_", path.stem)
