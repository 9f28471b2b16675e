"""Renders `benchmarks/results.md`: all parts of a run on one page."""

from typing import Any

from benchmarks import cost, imports, memory_sizes
from benchmarks.flow import flow_table, load
from benchmarks.growth import calibration_check, growth_table


def markdown(measurements: dict[str, Any]) -> str:
    return (
        "\n\n".join(
            [
                _head(measurements),
                flow_table.markdown(measurements["flow"]),
                "![From upload to marks](results/flow.svg)",
                "## The local cloud itself\n\nNo service is slowed down; one typed page per sheet, no model.\n\n"
                + load.markdown(measurements["load"]),
                "![The local cloud under load](results/load.svg)",
                "## Cold starts\n\nImports and clients, in CPU time of this machine; the budget is a ratio of 1.15.\n\n"
                + imports.markdown(measurements["imports"]),
                "## Memory sizes\n\n" + memory_sizes.markdown(measurements["memory"]),
                "## Cost\n\n" + cost.markdown(measurements["counts"]),
                "## Growth\n\nQuick form; the full form is in [docs/scale.md](../docs/scale.md).\n\n"
                + growth_table.markdown(measurements["growth"]),
                "### Calibration of the simulation\n\nSeconds from uploading a single sheet to its marks, with the "
                "same service times.\n\n" + calibration_check.markdown(measurements["flow"]["sizes"]),
                measurements["reading"]
                .replace("\n## ", "\n### ")
                .replace("# Reading: measured", "## Reading, in its quick form")
                .strip(),
            ]
        )
        + "\n"
    )


def _head(measurements: dict[str, Any]) -> str:
    before, after = measurements["machine"]["before"], measurements["machine"]["after"]
    return (
        "# Results\n\n"
        f"Written by `make bench` in {measurements['minutes']:.1f} minutes on {before['processor']}, "
        f"{before['cores']} cores, "
        f"{before['system']}, Python {before['python']}, boto3 {before['boto3']}; load {before['load']} before and "
        f"{after['load']} after. Seeds {', '.join(map(str, measurements['flow']['seeds']))}. What each part "
        f"measures, and how: "
        "[README.md](README.md)."
    )
