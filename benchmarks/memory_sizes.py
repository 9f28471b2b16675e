"""Duration and cost of each function by memory size, computed from its measured CPU time and waiting time.

A Lambda function has one processor at 1,769 MB and its share of one below
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html), so a call takes its waiting time plus its
CPU time divided by that share. CPU seconds are those of this machine.
"""

from typing import Any

from benchmarks import prices
from benchmarks.cost import function_memory
from benchmarks.flow.flow_table import table

SIZES = (256, 512, 1024, 1769, 3008)
_ONE_CPU_MB = 1769
_FUNCTION_NAMES = {
    "ReceiveFunction": "receive",
    "ExtractFunction": "extract",
    "PersistFunction": "persist",
    "GradeFunction": "grade",
}


def rows(counts: dict[str, Any], imports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per function: waiting, CPU of a warm call and of a cold start, peak memory, and by size seconds
    and price."""
    start_seconds = {row["function"]: row["door_ms"] / 1000 for row in imports}
    chosen = function_memory()
    function_rows = []
    for function, name in _FUNCTION_NAMES.items():
        cpu = counts["cpu_seconds"].get(function, 0.0)
        waiting = max(0.0, counts["seconds"][function] - cpu)
        sizes = {}
        for size in SIZES:
            share = min(1.0, size / _ONE_CPU_MB)
            seconds = waiting + cpu / share
            sizes[size] = {
                "seconds": seconds,
                "cold": seconds + start_seconds[name] / share,
                "dollars": 1e6 * seconds * size / 1024 * prices.LAMBDA_GB_SECOND,
            }
        function_rows.append(
            {
                "function": name,
                "waiting": waiting,
                "cpu": cpu,
                "start_cpu": start_seconds[name],
                "peak_megabytes": counts["peak_megabytes"].get(function, 0),
                "chosen": chosen[function],
                "sizes": sizes,
            }
        )
    return function_rows


def markdown(function_rows: list[dict[str, Any]]) -> str:
    body = [
        (
            row["function"],
            f"{row['waiting']:.2f}",
            f"{row['cpu']:.3f}",
            f"{row['start_cpu']:.2f}",
            str(row["peak_megabytes"]),
            *(
                f"{figures['seconds']:.2f} / {figures['cold']:.1f} / {figures['dollars']:.1f}"
                for figures in row["sizes"].values()
            ),
            str(row["chosen"]),
        )
        for row in function_rows
    ]
    head = (
        "Function",
        "Waiting s",
        "CPU s",
        "Cold start CPU s",
        "Peak MB",
        *(f"{size} MB" for size in SIZES),
        "Chosen",
    )
    return "Cells: seconds warm / seconds cold / dollars per million warm calls.\n\n" + table(head, body)
