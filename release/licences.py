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
_CLASSIFIER_PREFIX = "License :: OSI Approved :: "
# Permissive, or (MPL) asking something of who changes those very files. What obliges the rest is not here.
_ALLOWED = re.compile(
    r"\b(MIT(-0|-CMU)?|BSD(-[23]-Clause)?|0BSD|Apache(-2\.0)?|PSF(-2\.0)?|ISC|Zlib|CC0-1\.0|MPL(-| )2\.0|"
    r"Mozilla Public License 2\.0|HPND|Unlicense|Apache Software)\b",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(r"\b(A?GPL|LGPL|SSPL|proprietary|commercial)", re.IGNORECASE)


def main() -> int:
    table = packages()
    wrong = [f"{name}: {licence}" for name, (licence, _) in table.items() if not is_allowed(licence)]
    if wrong:
        print("Licences that are not on the list:", *wrong, sep="\n", file=sys.stderr)
        return 1
    print(licences_markdown(table), end="")
    return 0


def packages() -> dict[str, tuple[str, str]]:
    """Name → licence and where it is used, for what is installed here; other platforms' packages are left out."""
    found: dict[str, tuple[str, str]] = {}
    for where, names in packages_by_use().items():
        for name in sorted(names):
            if name not in found and (licence := licence_of(name)) is not None:
                found[name] = (licence, where)
    return found


def packages_by_use() -> dict[str, set[str]]:
    deployed = set().union(*(_pinned_packages(path) for path in (ROOT / "layers").glob("*/requirements.txt")))
    requirements = ROOT / "requirements"
    return {
        "deployed": deployed,
        "local cloud": _pinned_packages(requirements / "local.txt"),
        "tests": _pinned_packages(requirements / "test.txt"),
    }


def _pinned_packages(path: Path) -> set[str]:
    return set(_PINNED.findall(path.read_text(encoding="utf-8")))


def licence_of(name: str) -> str | None:
    """What the package says of itself; None where it is not installed."""
    try:
        package_metadata = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classified = [
        line.removeprefix(_CLASSIFIER_PREFIX)
        for line in package_metadata.get_all("Classifier", [])
        if line.startswith(_CLASSIFIER_PREFIX)
    ]
    plain = (package_metadata.get("License") or "").strip().splitlines()
    stated_licence = package_metadata.get("License-Expression") or ", ".join(classified) or (plain[0] if plain else "")
    return stated_licence or _licence_file_title(name) or "not said"


def _licence_file_title(name: str) -> str:
    """The first line of the licence that a package brings along, where its metadata says nothing."""
    files = [file for file in metadata.files(name) or () if file.name.upper().startswith(("LICENSE", "LICENCE"))]
    lines = files[0].read_text().strip().splitlines() if files else []
    return lines[0].strip() if lines else ""


def is_allowed(licence: str) -> bool:
    return bool(_ALLOWED.search(licence)) and not _FORBIDDEN.search(licence)


def licences_markdown(table: dict[str, tuple[str, str]]) -> str:
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
