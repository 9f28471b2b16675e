"""What the simulation says of a lone sheet on warm functions, beside what the flow took in the same run."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from benchmarks.flow.flow_table import table
from benchmarks.flow.service_times import TEXTRACT_TPS
from benchmarks.growth.account_quotas import Quotas
from benchmarks.growth.school_day import Calibration, Day, Policy


def simulated(pages: int) -> float:
    """Seconds from sending to marks, nobody before it."""
    measured = replace(Calibration(), pages=pages, cold=0.0)
    quotas = replace(Quotas(), textract_tps=TEXTRACT_TPS)
    [took] = Day(iter([0.0]), 1, quotas=quotas, measured=measured, policy=Policy()).run().took
    return took


def markdown(rows: Iterable[dict[str, Any]]) -> str:
    body = []
    for row in rows:
        said = simulated(row["pages"])
        body.append((str(row["pages"]), f"{row['now']:.2f}", f"{said:.2f}", f"{said / row['now']:.2f}"))
    return table(("Pages", "Measured", "Simulated", "Ratio"), body)
