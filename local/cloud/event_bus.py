"""The default event bus: stores events and invokes the functions whose rules match."""

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
from local.cloud.resources import Rule
from local.cloud.stack import ACCOUNT, REGION
from local.cloud.template import TemplateError
from local.cloud.wsgi import WsgiResponse

logger = logging.getLogger("gradeline.local")

_MAX_EVENTS = 20_000
_RATE_PATTERN = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class EventBus:
    """The default event bus of EventBridge.

    Events stay in memory. `invoke` receives a function's logical id and the event as JSON.
    """

    def __init__(self, rules: Iterable[Rule], *, invoke: Callable[[str, bytes], Any]) -> None:
        self._rules = tuple(rules)
        self._invoke = invoke
        # Bounded, oldest dropped first: a service may run for months.
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

    def handle_request(self, call: Call, request: WsgiRequest) -> WsgiResponse | None:
        """Handles PutEvents; returns None for every other call."""
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
            logger.warning("Schedule %r of rule %s does not run: only rate(…) is supported.", rule.schedule, rule.name)
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
    """Applies EventBridge's exact-value matching: each field in the pattern must have one of the listed values."""
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
    """Returns the period of a `rate(…)` expression in seconds, or None for a cron expression."""
    match = _RATE_PATTERN.fullmatch(schedule)
    return int(match[1]) * _UNIT_SECONDS[match[2]] if match else None


def check_pattern(pattern: Mapping[str, Any]) -> None:
    """Rejects patterns that `matches_pattern` would misread as exact values.

    Raises
    ------
    TemplateError
        The pattern uses more than lists of exact values.
    """
    for name, expected in pattern.items():
        if isinstance(expected, Mapping):
            check_pattern(expected)
        elif not isinstance(expected, list) or any(isinstance(value, Mapping | list) for value in expected):
            raise TemplateError(f"The local cloud matches event patterns by exact values only ({name}: {expected!r}).")
