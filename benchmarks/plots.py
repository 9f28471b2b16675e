"""Draws line charts as small SVG files, without a drawing library."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 720, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 200, 44, 52
_COLOURS = ("#1b6ca8", "#c8553d", "#3c7a3f", "#7a4fa3", "#8a6d1d")
Coordinates = tuple[float, float]


@dataclass(frozen=True)
class Series:
    name: str
    points: Sequence[Coordinates]


def chart(title: str, x_label: str, y_label: str, lines: Sequence[Series], *, log_up: bool = False) -> str:
    """Return the chart as SVG. `log_up`: the vertical axis is logarithmic (values above 0)."""
    right = max(x for line in lines for x, _ in line.points)
    values = [y for line in lines for _, y in line.points]
    ticks_up = _log_ticks(min(values), max(values)) if log_up else _ticks(max(values))
    low, high = (ticks_up[0], ticks_up[-1]) if log_up else (0.0, ticks_up[-1])

    def to_coordinates(x: float, y: float) -> Coordinates:
        share = (math.log(y) - math.log(low)) / (math.log(high) - math.log(low)) if log_up else y / high
        return (
            _LEFT + x / right * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM),
        )

    parts = [_text(_LEFT, 22, title, size=15), _text(_LEFT, _TOP - 8, y_label), _text(_LEFT, _HEIGHT - 10, x_label)]
    parts += [_rule(to_coordinates(0, y), to_coordinates(right, y), _short(y)) for y in ticks_up]
    parts += [
        _text(to_coordinates(x, low)[0], _HEIGHT - _BOTTOM + 18, _short(x), anchor="middle")
        for x in _ticks(right, over=False)
    ]
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (to_coordinates(*point) for point in line.points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(_text(_WIDTH - _RIGHT + 14, _TOP + 16 + 22 * number, line.name, colour=colour))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12">\n<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def write(path: Path, svg: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg, encoding="utf-8")


def _ticks(maximum: float, *, over: bool = True) -> list[float]:
    """Return about five round numbers from 0. `over`: the last one is not below `maximum`."""
    step = 10 ** math.floor(math.log10(maximum / 4))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if maximum / (step * factor) <= 6)
    count = math.ceil(maximum / step) if over else math.floor(maximum / step)
    return [number * step for number in range(count + 1)]


def _log_ticks(minimum: float, maximum: float) -> list[float]:
    return [10.0**power for power in range(math.floor(math.log10(minimum)), math.ceil(math.log10(maximum)) + 1)]


def _rule(start: Coordinates, end: Coordinates, label: str) -> str:
    line = f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" stroke="#dddddd"/>'
    return line + _text(start[0] - 8, start[1] + 4, label, anchor="end")


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start", colour: str = "#222222") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
    )


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"
