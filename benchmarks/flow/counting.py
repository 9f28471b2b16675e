"""Counts what submissions use, for their price: scanned and typed sheets of every size, with a model and without.

    python -m benchmarks.flow.counting

Writes `out/benchmarks/counts.json`.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.flow.cloud_client import CloudClient
from benchmarks.flow.compare import FlowTestbed, cloud_environment, flow_testbed
from benchmarks.measurements import write_measurement
from benchmarks.textract_quota import TextractQuota

# Memory sizes are chosen from a sheet of this many pages, so its CPU is averaged over several runs.
TYPICAL_PAGES, _REPEATS = 5, 3


def run(testbed: FlowTestbed, log: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return one row per size, kind of sheet and marker. Counts are per sheet."""
    url = testbed.textract.open_account("keypoints", TextractQuota(1000, 1, 0.0))
    environment = cloud_environment(url, testbed.model)
    with CloudClient(environment=environment) as cloud_without_model:
        cloud_without_model.do("prepare")
        cloud_without_model.do("slow_down")
        # Both mostly wait, each for its own account's services, so they run concurrently.
        with ThreadPoolExecutor(2) as pool:
            rows_per_cloud = pool.map(
                lambda cloud, account: count_all_sizes(testbed, cloud, account, log),
                (testbed.main, cloud_without_model),
                ("main", "keypoints"),
            )
            return [row for rows in rows_per_cloud for row in rows]


def count_all_sizes(
    testbed: FlowTestbed, cloud: CloudClient, account: str, log: Callable[[str], None]
) -> list[dict[str, Any]]:
    rows = []
    for route, documents in (("scan", testbed.scans), ("typed", testbed.typed)):
        for size in documents:
            testbed.account(account, 1)
            row = count_size(testbed, cloud, account, size, route)
            summary_text = f"{row['ocr_pages']:g} pages by OCR, {row['transitions']:g} transitions"
            log(f"{size:>3} pages  {route:<5}  {account:<9}  {summary_text}")
            rows.append(row)
    return rows


def count_size(testbed: FlowTestbed, cloud: CloudClient, account: str, size: int, route: str) -> dict[str, Any]:
    path = (testbed.scans if route == "scan" else testbed.typed)[size]
    measurement = cloud.do("count", path=path, times=_REPEATS if size == TYPICAL_PAGES else 1)
    admitted = testbed.textract.report(account)["admitted"] / measurement["times"]
    return {**measurement, "route": route, "model": account == "main", "ocr_pages": admitted}


def main() -> None:
    with flow_testbed() as testbed:
        measurement = {"routes": run(testbed, lambda line: print(line, file=sys.stderr, flush=True))}
    write_measurement("counts", measurement)


if __name__ == "__main__":
    main()
