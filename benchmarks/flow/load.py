"""What the local cloud itself costs a submission, and how that grows: 1 to 200 at once, no service slowed down.

python -m benchmarks.flow.load
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import footprint
from benchmarks.flow import sheets
from benchmarks.flow.clouds import Cloud
from benchmarks.flow.compare import environment_of
from benchmarks.flow.flow_table import table
from benchmarks.loopback import Server, TextractServer
from benchmarks.quota import Allowance

LEVELS = (1, 5, 20, 50, 200)
_FREE = Allowance(tps=10_000, page_seconds=0.0)


def run(say: Callable[[str], None]) -> list[dict[str, Any]]:
    """By number at once: seconds until all typed sheets have their marks, CPU of the whole cloud a sheet, sheets
    without marks, and the same number of executions over handlers that do nothing."""
    with (
        tempfile.TemporaryDirectory(prefix="gradeline-bench-") as folder,
        TextractServer("benchmarks.flow.sheet_endpoint") as textract,
        Server("benchmarks.flow.model_endpoint") as model,
    ):
        path = str(sheets.write_sheet(Path(folder) / "typed.pdf", 1, typed=True))
        environment = environment_of(textract.open_account("load", _FREE), model)
        parameters = {"TextractTps": "10000"}
        with Cloud(environment=environment, parameters=parameters) as cloud, Cloud(empty=True) as empty:
            cloud.do("prepare")
            for _ in range(2):
                cloud.do("crowd", count=4, path=path)
                empty.do("crowd_empty", count=4)
            rows = []
            for count in LEVELS:
                before = footprint.cpu_seconds(cloud.pid)
                told = cloud.do("crowd", count=count, path=path)
                spent = footprint.cpu_seconds(cloud.pid) - before
                bare = empty.do("crowd_empty", count=count)["seconds"]
                rows.append({**told, "cpu_seconds": spent, "empty_seconds": bare})
                say(f"{count:>4} at once  {told['seconds']:6.2f} s  {told['lost']} lost  {bare:6.2f} s empty")
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
    head = ("At once", "Seconds until all have marks", "ms a sheet", "CPU ms a sheet", "Empty machine, ms each", "Lost")
    return table(head, body)


def main() -> None:
    print(f"{os.cpu_count()} cores", file=sys.stderr)
    print(markdown(run(lambda line: print(line, file=sys.stderr, flush=True))))


if __name__ == "__main__":
    main()
