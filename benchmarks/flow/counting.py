"""Counts for the price of a submission: scanned and typed sheets of every size, with a model and without.

    python -m benchmarks.flow.counting

Writes `benchmarks/results/counts.json`.
"""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.flow.clouds import Cloud
from benchmarks.flow.compare import Stage, environment_of, stage
from benchmarks.quota import Allowance
from local.cloud.local_cloud import ROOT

RESULTS = ROOT / "benchmarks" / "results"
# The memory sizes are chosen by a sheet of this many pages, so its CPU is taken over several.
TYPICAL, _TIMES = 5, 3


def run(made: Stage, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """One row a size, kind of sheet and marker; counts are of one sheet."""
    url = made.textract.open_account("keypoints", Allowance(1000, 1, 0.0))
    environment = environment_of(url, made.model)
    with Cloud(environment=environment) as without:
        without.do("prepare")
        without.do("slow_down")
        # The two wait most of their time, each for its own account's services: side by side.
        with ThreadPoolExecutor(2) as pool:
            marked = pool.map(lambda way: counted_all(made, *way, say), ((made.main, "main"), (without, "keypoints")))
            return [row for rows in marked for row in rows]


def counted_all(made: Stage, cloud: Cloud, account: str, say: Callable[[str], None]) -> list[dict[str, Any]]:
    rows = []
    for route, documents in (("scan", made.scans), ("typed", made.typed)):
        for size in documents:
            made.account(account, 1)
            row = counted(made, cloud, account, size, route)
            said = f"{row['ocr_pages']:g} pages by OCR, {row['transitions']:g} transitions"
            say(f"{size:>3} pages  {route:<5}  {account:<9}  {said}")
            rows.append(row)
    return rows


def counted(made: Stage, cloud: Cloud, account: str, size: int, route: str) -> dict[str, Any]:
    path = (made.scans if route == "scan" else made.typed)[size]
    told = cloud.do("count", path=path, times=_TIMES if size == TYPICAL else 1)
    asked = made.textract.report(account)["admitted"] / told["times"]
    return {**told, "route": route, "model": account == "main", "ocr_pages": asked}


def main() -> None:
    with stage() as made:
        told = {"routes": run(made, lambda line: print(line, file=sys.stderr, flush=True))}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "counts.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
