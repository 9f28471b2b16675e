"""Lambda handlers for tests of the runtime, without any code of Gradeline."""

import json
import os
import subprocess
import sys
import time

calls = 0


class PaperNotReady(Exception):
    pass


def echo(event, context):
    global calls  # noqa: PLW0603 -- state of a warm worker is what the test checks
    calls += 1
    return {
        "event": event,
        "calls": calls,
        "pid": os.getpid(),
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "left": context.get_remaining_time_in_millis(),
    }


def environment(_event, _context):
    return dict(os.environ)


def fail(_event, _context):
    raise PaperNotReady("no paper yet")


def crash(event, _context):
    os._exit(event.get("status", 3))


def exit_with_status(_event, _context):
    sys.exit(4)


def killed(_event, _context):
    os.kill(os.getpid(), 9)


def sleep(event, _context):
    print("going to sleep", flush=True)
    time.sleep(event["seconds"])
    return os.getpid()


def with_child(_event, _context):
    """Starts a child process that would outlive the worker."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print(json.dumps({"child": child.pid}), flush=True)
    return {"child": child.pid, "worker": os.getpid()}


def long_result(event, _context):
    return "x" * event["length"]


def not_json(_event, _context):
    return {1, 2}


def fails_twice(event, _context):
    """Counts its attempts in a file and fails the first two times."""
    with open(event["tally"], "a", encoding="utf-8") as tally:  # noqa: PTH123
        tally.write("attempt\n")
    with open(event["tally"], encoding="utf-8") as tally:  # noqa: PTH123
        attempts = len(tally.readlines())
    if attempts < 3:
        raise PaperNotReady(f"attempt {attempts}")
    return attempts
