"""A small OCR engine: it finds the printed lines of a picture by their ink, and names each by its place on the page."""

import io
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy
from PIL import Image

from core.platform.settings import Settings
from extract.ocr.engine import CallQuota, DetectedLine, EngineResources, OcrEngineDefinition, PageRefused
from extract.ocr.rate_limiter import RateLimiter


class InkEngine:
    """Accepts pictures only, and reports the lines from the bottom to the top."""

    name = "ink"

    def __init__(self, rate_limiter: RateLimiter, deadline: float) -> None:
        self._rate_limiter, self._deadline = rate_limiter, deadline

    def read_page(self, body: bytes) -> Sequence[DetectedLine]:
        if body.startswith(b"%PDF"):
            raise PageRefused("not a picture")
        self._rate_limiter.acquire(self._deadline)
        ink = numpy.asarray(Image.open(io.BytesIO(body)).convert("L")) < 128
        return list(find_lines(ink))[::-1]

    def close(self) -> None:
        self._rate_limiter.close()


def find_lines(ink: numpy.ndarray) -> Iterator[DetectedLine]:
    """The rows of pixels with ink that follow one another, as lines named "line 1", "line 2", …"""
    height, width = ink.shape
    printed = [
        [y for y, _ in rows] for has_ink, rows in groupby(enumerate(ink.any(axis=1)), lambda row: row[1]) if has_ink
    ]
    for number, rows in enumerate(printed, 1):
        top, bottom = rows[0], rows[-1] + 1
        columns = ink[top:bottom].any(axis=0).nonzero()[0]
        left, right = int(columns[0]), int(columns[-1]) + 1
        box = (left / width, top / height, (right - left) / width, (bottom - top) / height)
        yield DetectedLine(f"line {number}", 90.0, box)


def create_engine(resources: EngineResources) -> InkEngine:
    return InkEngine(resources.rate_limiter, resources.deadline)


def get_quota(_: Settings) -> CallQuota:
    return CallQuota(calls_per_second=50.0, concurrency=4)


DEFINITION = OcrEngineDefinition(InkEngine.name, get_quota, create_engine)
