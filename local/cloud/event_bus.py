"""The event bus: what is put on it, and the template's rules that call functions."""

import datetime
import json
import logging
import re
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.cloud.aws_calls import Call, WsgiRequest
from local.cloud.gateway import WsgiResponse
from local.cloud.resources import Rule
from local.cloud.stack import ACCOUNT, REGION
from local.cloud.template import TemplateError

logger = logging.getLogger("gradeline.local")

_MAX_EVENTS = 20_000
_RATE_PATTERN = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class EventBus:
    """The default bus. Events are kept in memory, and matched against the template's rules.

    `invoke` takes a function's logical id and the event as JSON.
    """

    def __init__(self, rules: Iterable[Rule], *, invoke: Callable[[str, bytes], Any]) -> None:
        self._rules = tuple(rules)
        self._invoke = invoke
        # The oldest go first where there are very many: a service may run for months.
        self._events: deque[dict[str, Any]] = deque(maxlen=_MAX_EVENTS)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        for rule in self._rules:
            if rule.pattern is not None:
                check_pattern(rule.pattern)

    def start(self) -> None:
        for rule in self._rules:
            if rule.schedule:
                threading.Thread(target=self._run_schedule, args=(rule,), daemon=True, name=f"rule-{rule.name}").start()

    def stop(self) -> None:
        self._stopping.set()

    def events(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._events)

    def put(self, source: str, detail_type: str, detail: Any, resources: Iterable[str] = ()) -> str:
        event = _make_event(source, detail_type, detail, resources)
        with self._lock:
            self._events.append(event)
        for rule in self._rules:
            if rule.pattern is not None and matches_pattern(rule.pattern, event):
                self._invoke_target(rule, event)
        return str(event["id"])

    def _invoke_target(self, rule: Rule, event: Mapping[str, Any]) -> None:
        self._invoke(rule.function, (rule.input or json.dumps(event)).encode())

    def answer(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
        """PutEvents; everything else of EventBridge is not ours."""
        if call.service != "events" or call.operation != "PutEvents":
            return None
        results = [self._put_entry(entry) for entry in json.loads(request.body).get("Entries", [])]
        body = {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}
        return WsgiResponse(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(body).encode())

    def _put_entry(self, entry: Mapping[str, Any]) -> dict[str, str]:
        missing = [name for name in ("Source", "DetailType", "Detail") if not entry.get(name)]
        if missing:
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": f"Parameter {missing[0]} is not valid."}
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        return {"EventId": self.put(entry["Source"], entry["DetailType"], detail, entry.get("Resources", ()))}

    def _run_schedule(self, rule: Rule) -> None:
        seconds = parse_rate(rule.schedule or "")
        if seconds is None:
            logger.warning("The schedule %r of %s is not run here: only rate(…) is.", rule.schedule, rule.name)
            return
        while not self._stopping.wait(seconds):
            self._invoke_target(rule, _make_event("aws.events", "Scheduled Event", {}, ()))


def _make_event(source: str, detail_type: str, detail: Any, resources: Iterable[str]) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": REGION,
        "resources": list(resources),
        "detail": detail,
    }


def matches_pattern(pattern: Mapping[str, Any], event: Any) -> bool:
    """EventBridge's rule for lists of exact values: every field named is there with one of the values."""
    if not isinstance(event, Mapping):
        return False
    for name, expected in pattern.items():
        if isinstance(expected, Mapping):
            if not matches_pattern(expected, event.get(name)):
                return False
        else:
            actual = event.get(name)
            if not any(value in expected for value in (actual if isinstance(actual, list) else [actual])):
                return False
    return True


def parse_rate(schedule: str) -> int | None:
    """The period of a `rate(…)`; None for a cron expression."""
    match = _RATE_PATTERN.fullmatch(schedule)
    return int(match[1]) * _UNIT_SECONDS[match[2]] if match else None


def check_pattern(pattern: Mapping[str, Any]) -> None:
    """Refuses what `matches` would silently take for a value."""
    for name, expected in pattern.items():
        if isinstance(expected, Mapping):
            check_pattern(expected)
        elif not isinstance(expected, list) or any(isinstance(value, Mapping | list) for value in expected):
            raise TemplateError(f"The local cloud matches event patterns by exact values only ({name}: {expected!r}).")
