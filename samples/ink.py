"""Simulated handwriting: text set letter by letter in an openly licensed font with random variation.

Lengths are pixels at 200 dpi. All randomness comes from the generators passed in, so the same seed always gives the
same page.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from samples.students import Sheet

FONTS = Path(__file__).parent / "fonts"
PAGE = (1654, 2339)  # A4
SUPERSAMPLING = 2  # letters are drawn larger and scaled down, to smooth their edges

Gray = np.ndarray


@dataclass(frozen=True)
class Hand:
    """The handwriting of one student.

    `slant` is the shear (0.1 leans to the right), `width` stretches letters, `wander` is how far a line deviates from
    its rule, `tremble` how far a letter deviates from its line, and `weight` how many pixels the pen adds to a stroke
    (at the drawn size).
    """

    font: str
    size: float
    ink: tuple[int, int, int]
    slant: float = 0.0
    width: float = 1.0
    wander: float = 4.0
    tremble: float = 1.0
    word_gap: float = 0.34
    label_gap: float = 0.55
    weight: int = 0


@dataclass(frozen=True)
class Ruling:
    """The paper's rules: the first at `top`, then one every `spacing`; text runs from `left` to `right`."""

    top: float = 290.0
    spacing: float = 63.0
    margin: float = 215.0
    left: float = 240.0
    right: float = 1575.0
    bottom: float = 2240.0
    label: float | None = None  # x of the labels if they are in the margin; None: at the start of the text
    after_answer: float = 0.0  # lines left free after each answer


@dataclass(frozen=True)
class Stroke:
    """A word with its position: `x` is its start, `y` its baseline."""

    text: str
    x: float
    y: float
    crossed_out: bool = False


class Pen:
    """Draws words in one handwriting onto one page's ink mask (0 no ink, 255 full ink)."""

    def __init__(self, hand: Hand, rng: random.Random) -> None:
        self.hand = hand
        self.rng = rng
        self.font = ImageFont.truetype(str(FONTS / hand.font), round(hand.size * SUPERSAMPLING))
        self.mask = Image.new("L", (PAGE[0] * SUPERSAMPLING, PAGE[1] * SUPERSAMPLING), 0)

    def width(self, word: str) -> float:
        return self.font.getlength(word) * self.hand.width / SUPERSAMPLING

    def write(self, stroke: Stroke) -> None:
        x, y = stroke.x * SUPERSAMPLING, stroke.y * SUPERSAMPLING
        tilt = self.rng.uniform(-0.012, 0.012)
        for letter in stroke.text:
            advance = self.font.getlength(letter) * self.hand.width
            self._letter(letter, x, y + self.rng.uniform(-1, 1) * self.hand.tremble * SUPERSAMPLING)
            x += advance * self.rng.uniform(0.985, 1.02)
            y += advance * tilt
        if stroke.crossed_out:
            self._cross_out(stroke, x)

    def _letter(self, letter: str, x: float, y: float) -> None:
        """Draw one letter with an affine transform: slant, stretch, and a small random rotation and scale."""
        hand, pad = self.hand, round(self.font.size)
        side = pad * 3
        tile = Image.new("L", (side, side), 0)
        pressure = round(255 * self.rng.uniform(0.82, 1.0))
        ImageDraw.Draw(tile).text((pad, pad * 2), letter, font=self.font, fill=pressure, anchor="ls")
        grow = self.rng.uniform(0.965, 1.035)
        turn = self.rng.uniform(-0.025, 0.025)
        matrix = np.array([[hand.width * grow, -(hand.slant + turn)], [turn, grow]], dtype=np.float64)
        inverse = np.linalg.inv(matrix)
        origin = np.array([pad, pad * 2], dtype=np.float64)
        box = tile.getbbox()
        if box is None:
            return
        # Only where the letter will be: transforming is most of the work.
        corners = np.array([(across, down) for across in box[::2] for down in box[1::2]]) - origin
        moved = origin + corners @ matrix.T
        left, top = np.maximum(0, np.floor(moved.min(axis=0)).astype(int) - 3).tolist()
        right, bottom = np.minimum(side, np.ceil(moved.max(axis=0)).astype(int) + 3).tolist()
        offset = origin + inverse @ (np.array([left, top]) - origin)
        coefficients = (*inverse[0], offset[0], *inverse[1], offset[1])
        size = (right - left, bottom - top)
        tile = tile.transform(size, Image.Transform.AFFINE, coefficients, resample=Image.Resampling.BICUBIC)
        corner = (round(x) - pad + left, round(y) - pad * 2 + top)
        self.mask.paste(255, corner, tile)

    def _cross_out(self, stroke: Stroke, end: float) -> None:
        draw = ImageDraw.Draw(self.mask)
        start, y = stroke.x * SUPERSAMPLING, stroke.y * SUPERSAMPLING
        height = self.hand.size * SUPERSAMPLING
        for level in (0.16, 0.27, 0.38):
            points = []
            steps = max(4, round((end - start) / 60))
            for step in range(steps + 1):
                x = start - 12 + (end - start + 24) * step / steps
                points.append((x, y - height * level + self.rng.uniform(-0.1, 0.1) * height))
            draw.line(points, fill=235, width=5, joint="curve")

    def ink(self, noise: np.random.Generator) -> Gray:
        """Return the mask at page size, 0 to 1, with strokes bent by a smooth field so that no two letters match."""
        mask = np.asarray(self.mask)
        if self.hand.weight:
            mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (self.hand.weight + 1,) * 2))
        bent = bend(mask, noise, reach=22 * SUPERSAMPLING, amount=1.5 * SUPERSAMPLING)
        small = cv2.resize(bent, PAGE, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        flow = field(noise, small.shape, 9)
        return np.clip(small * (0.86 + 0.2 * flow), 0, 1)


def field(noise: np.random.Generator, shape: tuple[int, ...], cell: int) -> Gray:
    """Return smooth random values, 0 to 1, that change over about `cell` pixels."""
    height, width = shape[0] // cell + 3, shape[1] // cell + 3
    coarse = noise.random((height, width), dtype=np.float32)
    return cv2.resize(coarse, (width * cell, height * cell), interpolation=cv2.INTER_CUBIC)[: shape[0], : shape[1]]


def bend(image: Gray, noise: np.random.Generator, reach: int, amount: float) -> Gray:
    """Return the image displaced by up to about `amount` pixels, in a direction that changes over `reach` pixels."""
    height, width = image.shape[:2]
    rows = np.arange(height, dtype=np.float32)[:, None] + (field(noise, image.shape, reach) - 0.5) * 2 * amount
    columns = np.arange(width, dtype=np.float32) + (field(noise, image.shape, reach) - 0.5) * 2 * amount
    return cv2.remap(image, columns, rows, cv2.INTER_LINEAR)


def lay_out(sheet: Sheet, pen: Pen, ruling: Ruling) -> list[list[Stroke]]:
    """Lay out the heading and the answers as pages of positioned words, with line and page breaks."""
    cursor = _Cursor(pen, ruling)
    cursor.words(sheet.heading.split(" "), ruling.left)
    cursor.next_line(1.0 + ruling.after_answer)
    for answer in sheet.answers:
        start = ruling.left
        if ruling.label is not None:
            cursor.words(answer.label.split(" "), ruling.label)
        else:
            start = cursor.words(answer.label.split(" "), ruling.left) + pen.hand.size * pen.hand.label_gap
        for index, line in enumerate(answer.text.split("\n")):
            if index:
                cursor.next_line()
            for crossed_out, words in _runs(line):
                start = cursor.words(words, start, crossed_out=crossed_out)
            start = ruling.left + (pen.hand.size * 0.6 if ruling.label is None else 0)
        cursor.next_line(1.0 + ruling.after_answer)
    return cursor.pages


def _runs(line: str) -> Iterator[tuple[bool, list[str]]]:
    for index, run in enumerate(line.split("~~")):
        if run.strip():
            yield index % 2 == 1, run.strip(" ").split(" ")


class _Cursor:
    """The writing position: page, line, and the drift of the current line from its rule."""

    def __init__(self, pen: Pen, ruling: Ruling) -> None:
        self.pen, self.ruling = pen, ruling
        self.pages: list[list[Stroke]] = [[]]
        self.line = 0.0
        self._new_wander()

    def next_line(self, lines: float = 1.0) -> None:
        self.line += lines
        if self.ruling.top + self.line * self.ruling.spacing > self.ruling.bottom:
            self.pages.append([])
            self.line = 0.0
        self._new_wander()

    def words(self, words: list[str], x: float, *, crossed_out: bool = False) -> float:
        """Write words from `x` on with line breaks. Return where the next word would start. "" widens the gap."""
        gap = self.pen.hand.size * self.pen.hand.word_gap
        for word in words:
            if x + self.pen.width(word) > self.ruling.right:
                self.next_line()
                x = self.ruling.left + self.pen.rng.uniform(0, 14)
            if word:
                self.pages[-1].append(Stroke(word, x, self._baseline(x), crossed_out))
            x += self.pen.width(word) + gap * self.pen.rng.uniform(0.85, 1.25)
        return x

    def _baseline(self, x: float) -> float:
        share = (x - self.ruling.left) / (self.ruling.right - self.ruling.left)
        on_rule = self.ruling.top + round(self.line) * self.ruling.spacing
        return on_rule - 3 + self._start + (self._end - self._start) * share

    def _new_wander(self) -> None:
        wander = self.pen.hand.wander
        self._start, self._end = self.pen.rng.uniform(-wander, wander), self.pen.rng.uniform(-wander, wander)
