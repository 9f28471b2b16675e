"""Compares the simulation of a single sheet on warm functions with the flow measured in the same run."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from benchmarks.flow.flow_table import table
from benchmarks.flow.service_times import TEXTRACT_TPS
from benchmarks.growth.account_quotas import AccountQuotas
from benchmarks.growth.simulation import SchoolDaySimulation
from benchmarks.growth.simulation_parameters import MeasuredTimes, ProductPolicy


def simulate_lone_sheet(pages: int) -> float:
    """Return the seconds from upload to marks with nothing else running."""
    measured = replace(MeasuredTimes(), pages=pages, cold=0.0)
    quotas = replace(AccountQuotas(), textract_tps=TEXTRACT_TPS)
    [took] = SchoolDaySimulation(iter([0.0]), 1, quotas=quotas, measured=measured, policy=ProductPolicy()).run().took
    return took


def markdown(rows: Iterable[dict[str, Any]]) -> str:
    body = []
    for row in rows:
        simulated_seconds = simulate_lone_sheet(row["pages"])
        body.append(
            (
                str(row["pages"]),
                f"{row['now']:.2f}",
                f"{simulated_seconds:.2f}",
                f"{simulated_seconds / row['now']:.2f}",
            )
        )
    return table(("Pages", "Measured", "Simulated", "Ratio"), body)
