"""What a cold start of each function costs in CPU, beside the bare sum of what it cannot do without.

    python -m benchmarks.imports [--runs N]

Each function's door is imported with its clients made, and with what a first call loads besides, in a fresh
interpreter; so is the bare sum: boto3 with the same clients, Powertools' Logger and Metrics (and the HTTP resolver
where the door has one), and for the heavy ones trp, pypdf and pypdfium2 (in the child that opens files), or openai.
In turn, with bytecode in place, in CPU time of the whole process less that of an empty one.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.loopback import AWS_ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent
_RESOLVER = "from aws_lambda_powertools.event_handler import APIGatewayHttpResolver; APIGatewayHttpResolver()"
_LOGGER = "from aws_lambda_powertools import Logger, Metrics; Logger(); Metrics()"
_OPENAI = "from openai import AsyncOpenAI; AsyncOpenAI(api_key='x')"
_SETTINGS = {
    "IDENTITY_SECRET": "benchmark",
    "MODEL": "stand-in",
    "OPENAI_API_KEY": "x",
    "POWERTOOLS_METRICS_NAMESPACE": "Gradeline",
    "POWERTOOLS_SERVICE_NAME": "gradeline",
}


@dataclass(frozen=True)
class ImportBudget:
    """A function's clients and what else its bare sum holds. `first` is what its door loads at a first call, where
    that is not loaded with it; `clients` None: a process without the SDK."""

    clients: tuple[str, ...] | None
    bare: tuple[str, ...] = ()
    handler_module: str = ""
    first_call: str = ""

    def bare_program(self) -> str:
        if self.clients is None:
            return "\n".join(self.bare)
        made = "; ".join(f"session.client('{name}', config=config)" for name in self.clients)
        config = "config = Config(connect_timeout=3, retries={'mode': 'standard'})"
        sdk = f"import boto3; from botocore.config import Config; {config}; session = boto3.Session(); {made}"
        return "\n".join([sdk, _LOGGER, *self.bare])

    def handler_program(self) -> str:
        made = [f"from core.platform import aws; aws.client('{name}')" for name in self.clients or ()]
        return "\n".join([f"import {self.handler_module} as app", *made, self.first_call])


BUDGETS = {
    "receive": ImportBudget(("s3", "stepfunctions"), (_RESOLVER,), "receive.app", "app.intake_context()"),
    "extract": ImportBudget(
        ("s3", "dynamodb", "textract"), ("import trp",), "extract.app", "import extract.ocr.response_parser, trp"
    ),
    "extract's child": ImportBudget(
        None, ("import pypdf, pypdfium2, trp",), "extract.sandbox.fork_server", "import extract.pdf.pdf_reader, pypdf"
    ),
    "persist": ImportBudget(("s3", "dynamodb"), (), "persist.app"),
    "grade": ImportBudget(
        ("s3", "dynamodb"),
        (_OPENAI,),
        "grade.app",
        "app.free_text_marker(); app.document_store(); import grade.scheme.scheme_entries, grade.sheet.answers",
    ),
    "results": ImportBudget(("s3", "dynamodb", "stepfunctions"), (_RESOLVER,), "results.app"),
    "recover": ImportBudget(("dynamodb", "stepfunctions"), (), "recover.app"),
}


def cpu_milliseconds(program: str) -> float:
    """User and system time of one interpreter that runs `program` and ends at once."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", program + "\nimport os; os._exit(0)"],
        check=True,
        cwd=ROOT / "functions",
        env={**AWS_ENVIRONMENT, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "functions"), **_SETTINGS},
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def run(runs: int) -> list[dict[str, Any]]:
    programs = {"": "pass"}
    for name, budget in BUDGETS.items():
        programs |= {f"{name} bare": budget.bare_program(), f"{name} door": budget.handler_program()}
    spent: dict[str, list[float]] = {name: [] for name in programs}
    for turn in range(runs + 1):
        for name, program in programs.items():
            milliseconds = cpu_milliseconds(program)
            if turn:  # the first one of each may have had to compile
                spent[name].append(milliseconds)
    # The least of all runs: whatever else a machine does only adds.
    empty = min(spent[""])
    rows = []
    for name in BUDGETS:
        bare, handler_module = (min(spent[f"{name} {what}"]) - empty for what in ("bare", "door"))
        rows.append(
            {
                "function": name,
                "bare_ms": round(bare),
                "door_ms": round(handler_module),
                "ratio": round(handler_module / bare, 3),
            }
        )
    return rows


def markdown(rows: list[dict[str, Any]]) -> str:
    lines = ["| Function | Bare sum, CPU ms | Door, CPU ms | Ratio |", "|---|---|---|---|"]
    lines += [f"| {row['function']} | {row['bare_ms']} | {row['door_ms']} | {row['ratio']:.2f} |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = run(arguments.runs)
    print(json.dumps(rows, indent=1) if arguments.json else markdown(rows))


if __name__ == "__main__":
    main()
