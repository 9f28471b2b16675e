"""Simulated paper, scanner and phone camera: turns ink into the image a school sends. Colours are RGB, 0 to 255."""

from dataclasses import dataclass

import cv2
import numpy as np

from samples.ink import PAGE, Gray, Hand, Ruling, field

Picture = np.ndarray


@dataclass(frozen=True)
class Paper:
    """The paper. `rules` and `margin` are the colours of the printed lines; None leaves them out."""

    colour: tuple[int, int, int] = (250, 249, 244)
    rules: tuple[int, int, int] | None = (176, 196, 222)
    margin: tuple[int, int, int] | None = (222, 150, 158)
    holes: bool = False


def on_paper(ink: Gray, hand: Hand, ruling: Ruling, paper: Paper, noise: np.random.Generator) -> Picture:
    """Draw ink on ruled paper with a slightly uneven white."""
    page = np.empty((PAGE[1], PAGE[0], 3), dtype=np.float32)
    page[:] = paper.colour
    page -= (field(noise, page.shape, 260)[..., None] - 0.3) * 5
    if paper.rules:
        y = ruling.top - ruling.spacing
        while y < PAGE[1] - 60:
            _rule(page, slice(round(y), round(y) + 2), slice(None), paper.rules)
            y += ruling.spacing
    if paper.margin:
        _rule(page, slice(None), slice(round(ruling.margin), round(ruling.margin) + 2), paper.margin)
    if paper.holes:
        for y in (round(PAGE[1] * 0.36), round(PAGE[1] * 0.64)):
            cv2.circle(page, (74, y), 23, (196, 195, 192), -1, cv2.LINE_AA)
            cv2.circle(page, (76, y + 2), 20, (224, 223, 220), -1, cv2.LINE_AA)
    return page * (1 - ink[..., None]) + np.array(hand.ink, dtype=np.float32) * ink[..., None]


def scanned(page: Picture, degrees: float, noise: np.random.Generator, *, grain: float = 2.2) -> Picture:
    """Simulate a flatbed scan: slightly rotated, soft, with grain and the lid's shadow along two edges."""
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=(228, 228, 226))
    soft = cv2.GaussianBlur(turned, (0, 0), 0.7)
    shade = np.ones((height, width), dtype=np.float32)
    shade[:, -70:] -= np.linspace(0, 1, 70, dtype=np.float32) ** 2 * 0.16
    shade[:40] -= np.linspace(1, 0, 40, dtype=np.float32)[:, None] ** 2 * 0.12
    return _finish(soft * shade[..., None], noise, grain)


def photographed(page: Picture, noise: np.random.Generator) -> Picture:
    """Simulate a phone photo: the sheet askew on a desk in warm uneven light, with a hand's shadow on one side."""
    height, width = page.shape[:2]
    frame = (1500, 2000)  # width, height
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    seen = np.array([[118, 70], [1416, 128], [1392, 1942], [38, 1900]], dtype=np.float32)
    view = cv2.getPerspectiveTransform(corners, seen)
    sheet = cv2.warpPerspective(page, view, frame, flags=cv2.INTER_AREA)
    cover = cv2.warpPerspective(np.ones((height, width), np.float32), view, frame)[..., None]
    drop = cv2.GaussianBlur(np.roll(cover[..., 0], (14, 10), axis=(0, 1)), (0, 0), 14)[..., None]
    scene = _desk(frame, noise) * (1 - 0.55 * drop) * (1 - cover) + sheet * cover
    rows, columns = (np.arange(side, dtype=np.float32) for side in frame[::-1])
    rows = rows[:, None]
    lamp = 1.04 - 0.2 * np.hypot((columns - 500) / frame[0], (rows - 500) / frame[1])
    edge = (columns - 0.34 * rows - 640 + (field(noise, frame[::-1], 300) - 0.5) * 90) / 90
    shadow = 1 - 0.33 / (1 + np.exp(-edge))
    lit = scene * (lamp * shadow)[..., None] * np.array([1.0, 0.972, 0.91], dtype=np.float32)
    return _finish(cv2.GaussianBlur(lit, (0, 0), 0.8), noise, 3.0)


def _desk(frame: tuple[int, int], noise: np.random.Generator) -> Picture:
    height = frame[1]
    grain = cv2.resize(noise.random((height // 3, 12), dtype=np.float32), frame, interpolation=cv2.INTER_CUBIC)
    broad = cv2.resize(noise.random((height // 40, 4), dtype=np.float32), frame, interpolation=cv2.INTER_CUBIC)
    tone = (0.72 + 0.12 * grain + 0.3 * broad)[..., None]
    return np.array([150, 112, 78], dtype=np.float32) * tone


def _rule(page: Picture, rows: slice, columns: slice, colour: tuple[int, int, int]) -> None:
    page[rows, columns] = page[rows, columns] * 0.25 + np.array(colour, dtype=np.float32) * 0.75


def _finish(picture: Picture, noise: np.random.Generator, grain: float) -> Picture:
    # The sum of three uniform draws is close to normal and, unlike numpy's normal, the same in every numpy version.
    speckle = sum(noise.random(picture.shape[:2], dtype=np.float32) for _ in range(3)) - 1.5
    return np.clip(picture + speckle[..., None] * 2 * grain, 0, 255).astype(np.uint8)
