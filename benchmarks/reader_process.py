"""One reader in a process of its own, as each Lambda instance is: warm, waiting, reading when it is told to.

    python -m benchmarks.reader_process STRATEGY

says "ready" and then takes a job a line on its standard input ({"document": …, "at": seconds}) and answers each
with a line: when it began and ended on the machine's monotonic clock, what it read, and why it did not where it
did not. Quota, table and endpoints come by its environment, which is that of the deployed function.
"""

import json
import os
import sys
import time
from typing import Any

from benchmarks.reading_strategies import STRATEGIES, Document


def main() -> None:
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Logs and metrics go to standard output in Lambda; here that is how answers travel.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    read = STRATEGIES[sys.argv[1]]()
    print("ready", file=output, flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(_run_job(read, Document(**job["document"]), job["at"])), file=output, flush=True)


def _run_job(read: Any, document: Document, at: float) -> dict[str, Any]:
    time.sleep(max(0.0, at - time.monotonic()))
    began, cpu = time.monotonic(), time.process_time()
    try:
        read_pages, failed = read(document), None
    except Exception as error:  # noqa: BLE001 - whatever ends a reading is a result here
        read_pages, failed = None, f"{type(error).__name__}: {error}"
    ended, spent = time.monotonic(), time.process_time() - cpu
    pages = read_pages() if read_pages else [None] * document.pages
    return {"began": began, "ended": ended, "cpu_seconds": spent, "pages": pages, "failed": failed}


if __name__ == "__main__":
    main()
