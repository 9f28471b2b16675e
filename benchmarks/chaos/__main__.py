"""Checks under random faults that nothing accepted is lost and nothing is done twice.

    python -m benchmarks.chaos --submissions 300 --seed N [N …] [--without "idempotent id"] [--markdown FILE]
    python -m benchmarks.chaos --guards

Runs the real state machine and handlers on the local cloud and prints one line of figures per seed. Exit code 1 on
any violation. `--guards` removes one guard after the other from a copy of the stack, and exits with 1 where the
harness detects no violation.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from benchmarks.chaos import result_table
from benchmarks.chaos.fault_plan import FAULT_SHARE
from benchmarks.chaos.guards import GUARDS
from benchmarks.chaos.run import ChaosResult, run
from local.cloud.local_cloud import ROOT

_MAX_VIOLATIONS_SHOWN = 20
# A guard matters only where a fault hits the right call: try one seed after the other until a violation shows.
_GUARDS_SEEDS, _GUARDS_SUBMISSIONS = (38, 1, 2, 3), 40


def main() -> int:
    arguments = _arguments()
    run_prepared = partial(run, share=arguments.share, source=arguments.source, log=_log)
    if arguments.guards:
        undetected = _without_each_guard(run_prepared)
        return 1 if undetected else 0
    outcomes: list[ChaosResult] = []
    for seed in arguments.seed:
        outcomes.append(run_prepared(seed, arguments.submissions, guard=arguments.without))
        _print_outcome(outcomes[-1])
        if arguments.markdown:
            arguments.markdown.write_text(result_table.summary_table(outcomes), encoding="utf-8")
    return 1 if any(outcome.violations for outcome in outcomes) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--submissions", type=int, default=300)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--share", type=float, default=FAULT_SHARE, help="the share of calls that fail")
    parser.add_argument("--without", choices=sorted(GUARDS), help="remove a guard, and see what is lost")
    parser.add_argument("--guards", action="store_true", help="remove each guard in turn")
    parser.add_argument("--source", type=Path, default=ROOT, help="another checkout's functions and template")
    parser.add_argument("--markdown", type=Path, help="write the figures to FILE as a table")
    return parser.parse_args()


def _without_each_guard(run_prepared: "partial[ChaosResult]") -> list[str]:
    """Return the guards whose removal the harness does not detect."""
    undetected = []
    for guard in GUARDS:
        outcomes = (run_prepared(seed, _GUARDS_SUBMISSIONS, guard=guard) for seed in _GUARDS_SEEDS)
        found = next((outcome for outcome in outcomes if outcome.violations), None)
        print(f"without {guard}: {dict(found.counts) if found else 'nothing is detected'}", flush=True)
        if found is None:
            undetected.append(guard)
    return undetected


def _print_outcome(outcome: ChaosResult) -> None:
    print(result_table.summary_line(outcome))
    for violation in outcome.violations[:_MAX_VIOLATIONS_SHOWN]:
        print(f"  {violation.kind}: {violation.message}")
    sys.stdout.flush()


def _log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
