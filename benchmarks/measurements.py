"""Where the benchmarks write what they measured, as JSON: `out/benchmarks/`, which is not under version control.

The tables made from it are: `benchmarks/results.md` and `benchmarks/results/`.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "out" / "benchmarks"


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


def write_measurement(name: str, measurement: dict[str, Any]) -> Path:
    """Write one measurement and return its path."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = path_of(name)
    path.write_text(json.dumps(measurement, indent=1) + "\n", encoding="utf-8")
    return path
