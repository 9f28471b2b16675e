"""The licences of everything this project stands on: python release/licences.py

Read from the installed packages' own metadata, for the pinned requirements: what is deployed (the layers), what the
local cloud needs beside that, and what only the tests need. A licence that is not on the list below is a fault.
"""

import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
_LEGAL = "License :: OSI Approved :: "
# Permissive, or (MPL) asking something of who changes those very files. What obliges the rest is not here.
_TAKEN = re.compile(
    r"\b(MIT(-0|-CMU)?|BSD(-[23]-Clause)?|0BSD|Apache(-2\.0)?|PSF(-2\.0)?|ISC|Zlib|CC0-1\.0|MPL(-| )2\.0|"
    r"Mozilla Public License 2\.0|HPND|Unlicense|Apache Software)\b",
    re.IGNORECASE,
)
_NEVER = re.compile(r"\b(A?GPL|LGPL|SSPL|proprietary|commercial)", re.IGNORECASE)


def main() -> int:
    table = packages()
    wrong = [f"{name}: {licence}" for name, (licence, _) in table.items() if not is_taken(licence)]
    if wrong:
        print("Licences that are not on the list:", *wrong, sep="\n", file=sys.stderr)
        return 1
    print(document(table), end="")
    return 0


def packages() -> dict[str, tuple[str, str]]:
    """Name → licence and where it is used, for what is installed here; other platforms' packages are left out."""
    found: dict[str, tuple[str, str]] = {}
    for where, names in by_use().items():
        for name in sorted(names):
            if name not in found and (licence := licence_of(name)) is not None:
                found[name] = (licence, where)
    return found


def by_use() -> dict[str, set[str]]:
    deployed = set().union(*(_pinned(path) for path in (ROOT / "layers").glob("*/requirements.txt")))
    requirements = ROOT / "requirements"
    return {
        "deployed": deployed,
        "local cloud": _pinned(requirements / "local.txt"),
        "tests": _pinned(requirements / "test.txt"),
    }


def _pinned(path: Path) -> set[str]:
    return set(_PINNED.findall(path.read_text(encoding="utf-8")))


def licence_of(name: str) -> str | None:
    """What the package says of itself; None where it is not installed."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classified = [line.removeprefix(_LEGAL) for line in told.get_all("Classifier", []) if line.startswith(_LEGAL)]
    plain = (told.get("License") or "").strip().splitlines()
    said = told.get("License-Expression") or ", ".join(classified) or (plain[0] if plain else "")
    return said or _title_of_licence(name) or "not said"


def _title_of_licence(name: str) -> str:
    """The first line of the licence that a package brings along, where its metadata says nothing."""
    files = [file for file in metadata.files(name) or () if file.name.upper().startswith(("LICENSE", "LICENCE"))]
    lines = files[0].read_text().strip().splitlines() if files else []
    return lines[0].strip() if lines else ""


def is_taken(licence: str) -> bool:
    return bool(_TAKEN.search(licence)) and not _NEVER.search(licence)


def document(table: dict[str, tuple[str, str]]) -> str:
    lines = [
        "# Licences of what this project stands on",
        "",
        "Written by `make licences` from the packages' own metadata.",
    ]
    for where in dict.fromkeys(use for _, use in table.values()):
        title = {"deployed": "Deployed", "local cloud": "The local cloud beside that", "tests": "The tests beside that"}
        lines += ["", f"## {title[where]}", "", "| Package | Licence |", "|---|---|"]
        lines += [f"| {name} | {licence} |" for name, (licence, use) in table.items() if use == where]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
