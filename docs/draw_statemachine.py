"""Draws the state machine from its own file: python docs/draw_statemachine.py > docs/statemachine.svg

The picture is made of the file and nothing else, so it cannot say anything else; a test draws it afresh and
compares. A state is a box, a Parallel a frame with its branches in parallel, an error a dashed arrow. Where
many states send their errors to one and the same, a mark at their corner says so instead of an arrow.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from flow_layout import Edge, Point, lay_out

STATEMACHINE = Path(__file__).resolve().parents[1] / "statemachine" / "grading.asl.yaml"

_PAD = 14.0
_TITLE = 22.0
_BOX_HEIGHT = 42.0
# Widths of letters, as a share of the font's size: text cannot be measured without a font.
_BOLD, _PLAIN = 0.66, 0.57
_LABEL_WIDTH = 26
_DOT = 4.5
_SHARED = 3
_ANY = "any error"
_SIGNS = {
    "LessThanEquals": "≤",
    "GreaterThanEquals": "≥",
    "LessThan": "<",
    "GreaterThan": ">",
    "Equals": "=",
    "Matches": "~",
}
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"

_STYLE = """
text { font-family: FONT; font-size: 11px; fill: #3a4656; }
.name { font-size: 13px; font-weight: 600; fill: #16202c; }
.label { font-size: 10px; fill: #52606f; paint-order: stroke; stroke: #ffffff; stroke-width: 6px; }
.card { fill: #ffffff; stroke: #e3e8ee; }
.lane0 { fill: #f3f7fc; stroke: #c9d8ea; } .lane1 { fill: #ffffff; stroke: #d5dee8; }
.branch { fill: none; stroke: #c9d8ea; stroke-dasharray: 2 4; }
.task { fill: #e7f0fd; stroke: #3f7fd0; } .native { fill: #e9f7f1; stroke: #2f9a73; }
.pass { fill: #f4f5f7; stroke: #9aa6b4; } .choice { fill: #fff5dc; stroke: #d19a1d; }
.succeed { fill: #e4f6e6; stroke: #3a9c48; } .fail { fill: #fdeaea; stroke: #cf4a4a; }
.other { fill: #f6effc; stroke: #8a5cc2; }
.flow { fill: none; stroke: #6b7a8c; stroke-width: 1.4; } .error { stroke: #cf4a4a; stroke-dasharray: 5 3; }
.head { fill: #6b7a8c; } .headerror { fill: #cf4a4a; }
.end { fill: #6b7a8c; } .mark { fill: #cf4a4a; }
""".replace("FONT", _FONT)


def draw(machine: dict[str, Any]) -> str:
    """The whole picture as SVG."""
    body, (width, height) = _scope(machine, 0)
    shared = sorted(_shared(machine["States"]))
    legend = _legend(shared)
    width, total = max(width, 700.0) + 2 * _PAD, height + 2 * _PAD + 40.0
    title = escape(machine.get("Comment", "The state machine."))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(total)}" role="img">',
            f"<title>{title}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="card" x="0.5" y="0.5" width="{_n(width - 1)}" height="{_n(total - 1)}" rx="10"/>',
            f'<g transform="translate({_n(_PAD)} {_n(_PAD)})">',
            *body,
            "</g>",
            f'<g transform="translate({_n(_PAD + 4)} {_n(total - 18)})">{legend}</g>',
            "</svg>",
            "",
        ]
    )


def _scope(scope: dict[str, Any], depth: int) -> tuple[list[str], Point]:
    """One scope of states as SVG, and its size."""
    states = scope["States"]
    shared = _shared(states)
    inner = {name: _frame(state, depth) for name, state in states.items() if state["Type"] == "Parallel"}
    edges = _edges(states, shared)
    sizes = {name: inner[name][1] if name in inner else _box_size(name, states[name], edges) for name in states}
    layout = lay_out(sizes, edges, scope["StartAt"])
    svg = [line for edge, points in layout.lines.items() for line in _arrow(edge, points)]
    for name, state in states.items():
        x, y = layout.boxes[name]
        if name in inner:
            svg += _framed(name, inner[name], (x, y), depth)
        else:
            svg += _box(name, state, (x, y), sizes[name])
        svg += _marks(state, (x, y), sizes[name], shared)
    svg += [line for edge, points in layout.lines.items() for line in _label(edge, points)]
    return svg, (layout.width, layout.height + _DOT)


def _shared(states: dict[str, Any]) -> set[str]:
    """The states that several others send all their errors to."""
    catchers = [rule["Next"] for state in states.values() for rule in state.get("Catch", ()) if _takes_all(rule)]
    return {name for name, count in Counter(catchers).items() if count >= _SHARED}


def _takes_all(rule: dict[str, Any]) -> bool:
    return bool(rule["ErrorEquals"] == ["States.ALL"])


def _edges(states: dict[str, Any], shared: set[str]) -> list[Edge]:
    """The arrows of a scope; several between the same two states are one, with all their reasons."""
    found: dict[tuple[str, str, bool], list[str]] = {}
    for name, state in states.items():
        for target, dashed, reason in _ways(state):
            if dashed and (target == state.get("Next") or (reason == _ANY and target in shared)):
                continue
            found.setdefault((name, target, dashed), []).extend([reason] if reason else [])
    return [Edge(*key, label=_wrapped(" or ".join(reasons))) for key, reasons in found.items()]


def _ways(state: dict[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """Where a state leads: target, whether by an error, and why."""
    if "Next" in state:
        yield state["Next"], False, ""
    for rule in state.get("Choices", ()):
        yield rule["Next"], False, _condition(rule)
    if "Default" in state:
        yield state["Default"], False, "otherwise"
    for rule in state.get("Catch", ()):
        names = rule["ErrorEquals"]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield rule["Next"], True, _ANY if _takes_all(rule) else names[0] + more


def _condition(rule: dict[str, Any]) -> str:
    """A Choice rule in a few words."""
    for word in ("And", "Or"):
        if word in rule:
            return f" {word.lower()} ".join(map(_condition, rule[word]))
    if "Not" in rule:
        return f"not ({_condition(rule['Not'])})"
    subject = _short(rule["Variable"])
    [(operator, value)] = [(key, value) for key, value in rule.items() if key not in ("Variable", "Next", "Comment")]
    if operator.startswith("Is"):
        return f"{subject} is {'' if value else 'not '}{operator[2:].lower()}"
    sign = next((sign for word, sign in _SIGNS.items() if word in operator), operator)
    return f"{subject} {sign} {_short(value) if operator.endswith('Path') else str(value).lower()}"


def _short(path: str) -> str:
    """The last two fields of a path that say something."""
    return ".".join([field for field in path.split(".") if field not in ("$", "value")][-2:])


def _wrapped(text: str) -> tuple[str, ...]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < _LABEL_WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


# ── boxes and frames ─────────────────────────────────────────────────────────────────────────────────


def _box_size(name: str, state: dict[str, Any], edges: list[Edge]) -> Point:
    """Wide enough for its own words and for those at the arrows that come in."""
    inside = max(len(name) * 13 * _BOLD, len(_subtitle(state)) * 11 * _PLAIN) + 2 * _PAD
    above = max((len(line) for edge in edges if edge.target == name for line in edge.label), default=0)
    return max(inside, above * 10 * _PLAIN, 96.0), _BOX_HEIGHT


def _subtitle(state: dict[str, Any]) -> str:
    """What stands below a state's name: who does it, and how long it may take."""
    if state["Type"] != "Task":
        return str(state["Type"]).lower()
    resource = str(state["Resource"])
    who = resource.removeprefix("${").removesuffix("FunctionArn}").lower()
    if resource.startswith("arn:"):
        who = resource.rsplit(":::", 1)[-1]
    retries = " ↻" if state.get("Retry") else ""
    return f"{who} · {state['TimeoutSeconds']} s{retries}" if "TimeoutSeconds" in state else who + retries


def _box(name: str, state: dict[str, Any], at: Point, size: Point) -> list[str]:
    (x, y), (width, height) = at, size
    kind = str(state["Type"]).lower()
    if kind == "task" and not str(state["Resource"]).startswith("${"):
        kind = "native"
    known = kind if kind in ("task", "native", "pass", "choice", "succeed", "fail") else "other"
    round_ends = height / 2 if known in ("choice", "succeed", "fail") else 7.0
    middle = x + width / 2
    place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
    return [
        f'<rect class="{known}" {place} rx="{_n(round_ends)}"/>',
        _text(name, middle, y + 18, "name"),
        _text(_subtitle(state), middle, y + 33),
    ]


Frame = tuple[list[tuple[list[str], Point]], Point]


def _frame(state: dict[str, Any], depth: int) -> Frame:
    """A Parallel: its branches in parallel (each drawn, and where it stands), and its own size."""
    placed, x, height = [], _PAD, 0.0
    for branch in state["Branches"]:
        svg, (width, tall) = _scope(branch, depth + 1)
        placed.append((svg, (x, _TITLE + 12.0)))
        x += width + 2 * _PAD
        height = max(height, tall)
    return placed, (x - _PAD, height + _TITLE + 12.0 + _PAD)


def _framed(name: str, frame: Frame, at: Point, depth: int) -> list[str]:
    (x, y), (placed, (width, height)) = at, frame
    svg = [
        f'<g transform="translate({_n(x)} {_n(y)})">',
        f'<rect class="lane{depth % 2}" width="{_n(width)}" height="{_n(height)}" rx="9"/>',
        _text(name, _PAD, 20, "name", "start"),
        _text("in parallel", _PAD + len(name) * 13 * _BOLD + 10, 20, "", "start"),
    ]
    for number, (body, (left, top)) in enumerate(placed):
        if number:
            line = left - _PAD
            svg.append(f'<path class="branch" d="M{_n(line)} {_n(top)}V{_n(height - _PAD)}"/>')
        svg += [f'<g transform="translate({_n(left)} {_n(top)})">', *body, "</g>"]
    return [*svg, "</g>"]


def _marks(state: dict[str, Any], at: Point, size: Point, shared: set[str]) -> list[str]:
    """A dot below where the branch ends; a dot at the corner where all other errors go to a shared state."""
    (x, y), (width, height) = at, size
    svg = []
    if state.get("End"):
        svg.append(f'<circle class="end" cx="{_n(x + width - 14)}" cy="{_n(y + height)}" r="{_DOT}"/>')
    if any(_takes_all(rule) and rule["Next"] in shared for rule in state.get("Catch", ())):
        svg.append(f'<circle class="mark" cx="{_n(x + width - 7)}" cy="{_n(y + 7)}" r="3.5"/>')
    return svg


# ── arrows and words ─────────────────────────────────────────────────────────────────────────────────


def _arrow(edge: Edge, points: tuple[Point, ...]) -> Iterator[str]:
    """A soft line through the points, vertical at both ends, with a head."""
    path = f"M{_n(points[0][0])} {_n(points[0][1])}"
    sideways = points[0][1] == points[1][1]
    (tip_x, tip_y) = points[-1]
    for (ax, ay), (bx, by) in pairwise(points):
        if sideways or ax == bx:
            path += f"L{_n(bx)} {_n(by)}"
        else:
            bend = (by - ay) * 0.55
            path += f"C{_n(ax)} {_n(ay + bend)} {_n(bx)} {_n(by - bend)} {_n(bx)} {_n(by)}"
    kind = " error" if edge.dashed else ""
    yield f'<path class="flow{kind}" d="{path}"/>'
    head = f"M{_n(tip_x)} {_n(tip_y)}l-4 -7h8z" if not sideways else f"M{_n(tip_x)} {_n(tip_y)}l7 -4v8z"
    yield f'<path class="head{"error" if edge.dashed else ""}" d="{head}"/>'


def _label(edge: Edge, points: tuple[Point, ...]) -> Iterator[str]:
    x, y = points[-1]
    for number, line in enumerate(reversed(edge.label)):
        yield _text(line, x, y - 13 - 12.5 * number, "label")


def _text(text: str, x: float, y: float, kind: str = "", anchor: str = "middle") -> str:
    css = f' class="{kind}"' if kind else ""
    return f'<text{css} x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{escape(text)}</text>'


def _legend(shared: list[str]) -> str:
    parts = [
        '<path class="flow error" d="M0 -4h26"/>',
        _text("after an error", 32, 0, "", "start"),
        '<circle class="end" cx="130" cy="-4" r="4.5"/>',
        _text("the branch ends", 140, 0, "", "start"),
        _text("↻ retried", 244, 0, "", "start"),
    ]
    if shared:
        parts += [
            '<circle class="mark" cx="316" cy="-4" r="3.5"/>',
            _text(f"any other error leads to {' or '.join(shared)}", 326, 0, "", "start"),
        ]
    return "".join(parts)


def _n(value: float) -> str:
    """A coordinate to a tenth, the same text on every machine."""
    return f"{round(value, 1) + 0.0:g}"


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else STATEMACHINE
    sys.stdout.buffer.write(draw(yaml.safe_load(source.read_text(encoding="utf-8"))).encode())
