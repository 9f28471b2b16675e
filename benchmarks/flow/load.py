"""Measures the local cloud's own cost per submission, for 1 to 200 at once, with no service slowed down.

python -m benchmarks.flow.load
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import process_usage
from benchmarks.flow import sheet_documents
from benchmarks.flow.cloud_client import CloudClient
from benchmarks.flow.compare import cloud_environment
from benchmarks.flow.flow_table import table
from benchmarks.loopback import LoopbackServer, TextractServer
from benchmarks.textract_quota import TextractQuota

LEVELS = (1, 5, 20, 50, 200)
_UNLIMITED = TextractQuota(tps=10_000, page_seconds=0.0)


def run(log: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return one row per number of concurrent sheets.

    A row has the seconds until all typed sheets have their marks, the CPU seconds of the whole cloud, the number of
    sheets without marks, and the seconds of as many executions with handlers that do nothing.
    """
    with (
        tempfile.TemporaryDirectory(prefix="gradeline-bench-") as folder,
        TextractServer("benchmarks.flow.sheet_endpoint") as textract,
        LoopbackServer("benchmarks.flow.model_endpoint") as model,
    ):
        path = str(sheet_documents.write_sheet(Path(folder) / "typed.pdf", 1, typed=True))
        environment = cloud_environment(textract.open_account("load", _UNLIMITED), model)
        parameters = {"TextractTps": "10000"}
        with CloudClient(environment=environment, parameters=parameters) as cloud, CloudClient(empty=True) as empty:
            cloud.do("prepare")
            for _ in range(2):
                cloud.do("run_many", count=4, path=path)
                empty.do("run_many_empty", count=4)
            rows = []
            for count in LEVELS:
                cpu_before = process_usage.cpu_seconds(cloud.pid)
                measurement = cloud.do("run_many", count=count, path=path)
                cpu_spent = process_usage.cpu_seconds(cloud.pid) - cpu_before
                empty_seconds = empty.do("run_many_empty", count=count)["seconds"]
                rows.append({**measurement, "cpu_seconds": cpu_spent, "empty_seconds": empty_seconds})
                log(
                    f"{count:>4} at once  {measurement['seconds']:6.2f} s  {measurement['lost']} lost  "
                    f"{empty_seconds:6.2f} s empty"
                )
            return rows


def markdown(rows: list[dict[str, Any]]) -> str:
    body = [
        (
            str(row["count"]),
            f"{row['seconds']:.2f}",
            f"{1000 * row['seconds'] / row['count']:.0f}",
            f"{1000 * row['cpu_seconds'] / row['count']:.0f}",
            f"{1000 * row['empty_seconds'] / row['count']:.0f}",
            str(row["lost"]),
        )
        for row in rows
    ]
    head = (
        "At once",
        "Seconds until all have marks",
        "ms per sheet",
        "CPU ms per sheet",
        "Empty machine, ms each",
        "Lost",
    )
    return table(head, body)


def main() -> None:
    print(f"{os.cpu_count()} cores", file=sys.stderr)
    print(markdown(run(lambda line: print(line, file=sys.stderr, flush=True))))


if __name__ == "__main__":
    main()
