"""Lists the licences of all dependencies: python release/licences.py

Reads the metadata of the installed packages of the pinned requirements: what is deployed (the layers), what the local
cloud needs in addition, and what only the tests need. A licence that is not on the list below is an error.
"""

import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
_CLASSIFIER_PREFIX = "License :: OSI Approved :: "
# Permissive licences, and MPL, whose obligations cover only changes to its own files. No licence with obligations for
# the rest of the code is listed.
_ALLOWED = re.compile(
    r"\b(MIT(-0|-CMU)?|BSD(-[23]-Clause)?|0BSD|Apache(-2\.0)?|PSF(-2\.0)?|ISC|Zlib|CC0-1\.0|MPL(-| )2\.0|"
    r"Mozilla Public License 2\.0|HPND|Unlicense|Apache Software)\b",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(r"\b(A?GPL|LGPL|SSPL|proprietary|commercial)", re.IGNORECASE)


def main() -> int:
    table = packages()
    refused = [f"{name}: {licence}" for name, (licence, _) in table.items() if not is_allowed(licence)]
    if refused:
        print("Licences that are not on the list:", *refused, sep="\n", file=sys.stderr)
        return 1
    print(licences_markdown(table), end="")
    return 0


def packages() -> dict[str, tuple[str, str]]:
    """Map each installed package to its licence and its use; packages of other platforms are left out."""
    found: dict[str, tuple[str, str]] = {}
    for use, names in packages_by_use().items():
        for name in sorted(names):
            if name not in found and (licence := licence_of(name)) is not None:
                found[name] = (licence, use)
    return found


def packages_by_use() -> dict[str, set[str]]:
    """Map each use (deployed, local cloud, tests) to the names of its pinned packages."""
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
    """Return the licence that a package declares, "not said" if it declares none, None if it is not installed."""
    try:
        package_metadata = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    classified = [
        line.removeprefix(_CLASSIFIER_PREFIX)
        for line in package_metadata.get_all("Classifier", [])
        if line.startswith(_CLASSIFIER_PREFIX)
    ]
    plain = _field(package_metadata, "License").strip().splitlines()
    stated_licence = (
        _field(package_metadata, "License-Expression") or ", ".join(classified) or (plain[0] if plain else "")
    )
    return stated_licence or _licence_file_title(name) or "not said"


def _field(package_metadata: metadata.PackageMetadata, name: str) -> str:
    # Indexing with a missing name is deprecated, so check first.
    return package_metadata[name] or "" if name in package_metadata else ""


def _licence_file_title(name: str) -> str:
    """Return the first line of the package's licence file, "" if it has none."""
    files = [file for file in metadata.files(name) or () if file.name.upper().startswith(("LICENSE", "LICENCE"))]
    lines = files[0].read_text().strip().splitlines() if files else []
    return lines[0].strip() if lines else ""


def is_allowed(licence: str) -> bool:
    return bool(_ALLOWED.search(licence)) and not _FORBIDDEN.search(licence)


def licences_markdown(table: dict[str, tuple[str, str]]) -> str:
    lines = [
        "# Licences of the dependencies",
        "",
        "Written by `make licences` from the packages' metadata.",
    ]
    titles = {"deployed": "Deployed", "local cloud": "Only for the local cloud", "tests": "Only for the tests"}
    for section in dict.fromkeys(use for _, use in table.values()):
        lines += ["", f"## {titles[section]}", "", "| Package | Licence |", "|---|---|"]
        lines += [f"| {name} | {licence} |" for name, (licence, use) in table.items() if use == section]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
