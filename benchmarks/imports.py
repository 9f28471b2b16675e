"""Measures the CPU time of each function's cold start, compared with the sum of its unavoidable imports.

    python -m benchmarks.imports [--runs N]

A fresh interpreter imports each function's handler, creates its clients, and loads what a first call needs besides.
Another one does the bare sum: boto3 with the same clients, Powertools' Logger and Metrics (and the HTTP resolver
where the handler has one), and for the heavy ones trp, pypdf and pypdfium2 (in the child that opens files), or
openai. They run in turn, with bytecode compiled, in CPU time of the whole process less that of an empty one.
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
    """A function's clients and the other parts of its bare sum.

    `first_call` is what its handler loads at a first call, where it is not loaded with the module. `clients` None: a
    process without the SDK.
    """

    clients: tuple[str, ...] | None
    bare: tuple[str, ...] = ()
    handler_module: str = ""
    first_call: str = ""

    def bare_program(self) -> str:
        if self.clients is None:
            return "\n".join(self.bare)
        client_calls = "; ".join(f"session.client('{name}', config=config)" for name in self.clients)
        config = "config = Config(connect_timeout=3, retries={'mode': 'standard'})"
        sdk = f"import boto3; from botocore.config import Config; {config}; session = boto3.Session(); {client_calls}"
        return "\n".join([sdk, _LOGGER, *self.bare])

    def handler_program(self) -> str:
        client_calls = [f"from core.platform import aws; aws.client('{name}')" for name in self.clients or ()]
        return "\n".join([f"import {self.handler_module} as app", *client_calls, self.first_call])


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
    """Return the user and system time of one interpreter that runs `program` and exits."""
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
        programs |= {f"{name} bare": budget.bare_program(), f"{name} handler": budget.handler_program()}
    milliseconds_by_program: dict[str, list[float]] = {name: [] for name in programs}
    for round_number in range(runs + 1):
        for name, program in programs.items():
            milliseconds = cpu_milliseconds(program)
            if round_number:  # skips the first round, which may compile bytecode
                milliseconds_by_program[name].append(milliseconds)
    # The minimum of all runs: other load on the machine only adds time.
    empty = min(milliseconds_by_program[""])
    rows = []
    for name in BUDGETS:
        bare, handler_module = (min(milliseconds_by_program[f"{name} {part}"]) - empty for part in ("bare", "handler"))
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
    lines = ["| Function | Bare sum, CPU ms | Handler, CPU ms | Ratio |", "|---|---|---|---|"]
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
