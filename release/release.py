"""Deploys a release: python release/release.py STAGE [--print] [Key=Value …], after `make build`.

SAM publishes a new version of a function only when the address of its code changes: a changed layer, timeout or
parameter would leave the alias at the old version. So every function gets one hash over everything that a release
consists of as a parameter; a new hash publishes a new version of every function.

Parameters come from the stage's section of samconfig.toml; those given on the command line override them.
"""

import argparse
import hashlib
import os
import shlex
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The files that a deployed stack consists of. Tests, docs and the local cloud do not affect the hash.
_DEPLOYED_PATHS = ("functions", "layers", "statemachine", "template.yaml")
_IGNORED_FOLDERS = ("__pycache__", ".mypy_cache", ".ruff_cache")


def main() -> None:
    parser = argparse.ArgumentParser(description="Deploy the output of `make build` and publish new function versions.")
    parser.add_argument("stage", help="a section of samconfig.toml: dev, staging, prod")
    parser.add_argument("parameters", nargs="*", metavar="Key=Value", help="parameters that override samconfig.toml")
    parser.add_argument("--print", action="store_true", dest="only_print", help="print the command and run nothing")
    parser.add_argument("--guided", action="store_true", help="let SAM ask for missing values")
    parser.add_argument(
        "--confirmed", action="store_true", help="do not ask for confirmation, whatever samconfig.toml says"
    )
    arguments = parser.parse_intermixed_args()
    try:
        parameters = stage_parameters(ROOT / "samconfig.toml", arguments.stage) | parse_parameters(arguments.parameters)
    except ValueError as error:
        sys.exit(str(error))
    command = deploy_command(arguments.stage, parameters, guided=arguments.guided, confirmed=arguments.confirmed)
    print(shlex.join(command))
    if not arguments.only_print:
        sam = Path(sys.executable).with_name("sam")
        os.execv(sam, [str(sam), *command[1:]])  # noqa: S606 -- replaces this process by SAM


def deploy_command(
    stage: str, parameters: Mapping[str, str], *, guided: bool = False, confirmed: bool = False
) -> list[str]:
    """Return the `sam deploy` command with all parameters: a list on the command line replaces all of samconfig's."""
    all_parameters = {**parameters, "ReleaseHash": release_hash(ROOT, parameters)}
    # Quoted, because SAM splits an unquoted value at spaces and commas.
    overrides = [f'{name}="{value}"' for name, value in sorted(all_parameters.items())]
    return [
        "sam",
        "deploy",
        "--config-env",
        stage,
        *(["--guided"] if guided else []),
        *(["--no-confirm-changeset"] if confirmed else []),
        "--parameter-overrides",
        *overrides,
    ]


def release_hash(root: Path, parameters: Mapping[str, str]) -> str:
    """Return the SHA-256 (hex) over the names and bytes of all deployed files and over the parameters."""
    digest = hashlib.sha256()
    for path in _deployed_files(root):
        _update_hash(digest, path.relative_to(root).as_posix().encode(), path.read_bytes())
    for name, value in sorted(parameters.items()):
        if name != "ReleaseHash":
            _update_hash(digest, name.encode(), value.encode())
    return digest.hexdigest()


def _update_hash(digest: "hashlib._Hash", *parts: bytes) -> None:
    # Length prefixes make the boundaries between the parts unambiguous.
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)


def _deployed_files(root: Path) -> Iterator[Path]:
    for part in _DEPLOYED_PATHS:
        path_or_folder = root / part
        found = [path_or_folder] if path_or_folder.is_file() else sorted(path_or_folder.rglob("*"))
        if not found:
            raise ValueError(f"{path_or_folder} does not exist: this is not a complete checkout.")
        yield from (path for path in found if path.is_file() and not set(path.parts) & set(_IGNORED_FOLDERS))


def stage_parameters(config: Path, stage: str) -> dict[str, str]:
    """Return the parameters of a stage in samconfig.toml.

    Raises
    ------
    ValueError
        There is no such stage, or a parameter is not Key=Value.
    """
    tree = tomllib.loads(config.read_text(encoding="utf-8"))
    if stage not in tree:
        known = ", ".join(name for name, body in tree.items() if isinstance(body, dict))
        raise ValueError(f"{config.name} has no stage {stage!r}; it has {known}.")
    found = tree[stage].get("deploy", {}).get("parameters", {}).get("parameter_overrides", [])
    return parse_parameters(shlex.split(found) if isinstance(found, str) else found)


def parse_parameters(words: list[str]) -> dict[str, str]:
    """Parse words of the form Key=Value.

    Raises
    ------
    ValueError
        A word has another form.
    """
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isalnum():
            raise ValueError(f"{word!r} is not Key=Value.")
        found[name] = value
    return found


if __name__ == "__main__":
    main()
