"""Nothing accepted is lost and nothing is done twice, in a storm of faults.

    python -m benchmarks.chaos --submissions 300 --seed N [--without "idempotent id"] [--json FILE]

The real state machine and handlers on the local cloud; a line of figures; exit code 1 where a promise was broken.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.chaos import figures, run
from benchmarks.chaos.guards import GUARDS
from benchmarks.chaos.storm import SHARE
from local.cloud.local_cloud import ROOT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--submissions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=SHARE, help="the share of calls that fail")
    parser.add_argument("--without", choices=sorted(GUARDS), help="take a guard out, and see what is lost")
    parser.add_argument("--source", type=Path, default=ROOT, help="another checkout's functions and template")
    parser.add_argument("--json", type=Path, help="write the outcome there as well")
    asked = parser.parse_args()
    outcome = run.run(
        asked.seed,
        asked.submissions,
        guard=asked.without,
        share=asked.share,
        source=asked.source,
        say=lambda text: print(text, file=sys.stderr, flush=True),
    )
    print(figures.line(outcome))
    for breach in outcome.breaches[:40]:
        print(f"  {breach.kind}: {breach.what}")
    if asked.json:
        told = {**asdict(outcome), "breaches": [asdict(breach) for breach in outcome.breaches]}
        asked.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 1 if outcome.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
