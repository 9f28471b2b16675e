"""One reader in a process of its own, like a warm Lambda instance: it waits for jobs and reads one document per job.

    python -m benchmarks.reader_process STRATEGY

Prints "ready". Then it takes one job per line on standard input ({"document": …, "at": seconds}) and answers each
with one line: start and end on the machine's monotonic clock, the page lines, and the error if reading failed. Quota,
table and endpoints come from its environment, which is that of the deployed function.
"""

import json
import os
import sys
import time
from typing import Any

from benchmarks.reading_strategies import STRATEGIES, Document


def main() -> None:
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Lambda's logs and metrics go to standard output; here it carries the results.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    read = STRATEGIES[sys.argv[1]]()
    print("ready", file=output, flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(_run_job(read, Document(**job["document"]), job["at"])), file=output, flush=True)


def _run_job(read: Any, document: Document, at: float) -> dict[str, Any]:
    time.sleep(max(0.0, at - time.monotonic()))
    started_at, cpu_before = time.monotonic(), time.process_time()
    try:
        read_pages, failed = read(document), None
    except Exception as error:  # noqa: BLE001 - any failure is a result here
        read_pages, failed = None, f"{type(error).__name__}: {error}"
    ended_at, cpu_seconds = time.monotonic(), time.process_time() - cpu_before
    pages = read_pages() if read_pages else [None] * document.pages
    return {
        "started_at": started_at,
        "ended_at": ended_at,
        "cpu_seconds": cpu_seconds,
        "pages": pages,
        "failed": failed,
    }


if __name__ == "__main__":
    main()
