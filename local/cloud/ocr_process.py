"""Program that reads pages with RapidOCR, one at a time, on one core.

A request on stdin is a line of JSON (`{"bytes": n, "page": null}`, or `"count": true` to count pages) followed by n
bytes. A response on stdout is a line of JSON: {"page": …} with the fields of `local.cloud.ocr_pool.OcrPage`,
{"count": n}, or {"refused": code, "message"}. The first line is {"ready": true} once the models are loaded, or
{"broken": reason}. The program exits when stdin closes, even while it reads a page.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, BinaryIO, NamedTuple

import cv2
import numpy as np

from local.cloud.ocr_pool import MAX_PAGE_CPU_SECONDS, Corner, OcrLine, OcrPage, OcrWord
from local.cloud.raster import DocumentRejectedError, Pixels, count_pages, rasterize_document, rasterize_page

# Longest side that the engine sees, in pixels: a larger one takes longer and reads scans of 150 to 300 dpi no better.
_MAX_SIDE = 1600
_ORIENTATION_SAMPLE_LINES = 16
# Ink is darker than the average of its window (pixels a side) by this many of 255 grey levels; shadows are not.
_INK_WINDOW_PIXELS, _INK_CONTRAST = 101, 40
# White margin kept around the ink, in pixels.
_CROP_MARGIN = 60


class _DetectedLine(NamedTuple):
    """A line as RapidOCR returns it: corners in pixels, text, score, and words as (text, score, corners)."""

    box: Any
    text: str
    score: float
    words: Sequence[tuple[str, float, Any]]


class RapidOcrEngine:
    """RapidOCR with our own page orientation: decided once for the page, never for a single line."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._ocr = RapidOCR(
            params={
                "Global.max_side_len": _MAX_SIDE,
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        # The models load on first use: run them now, not on the first page.
        blank = np.full((64, 256, 3), 255, np.uint8)
        blank[28:36, 40:216] = 0
        self._ocr(blank, use_det=True, use_cls=True, use_rec=True)

    def read(self, pixels: Pixels) -> OcrPage:
        """Reads the page; if it is rotated, the rotation is detected and the boxes are mapped back."""
        height, width = pixels.shape[:2]
        turns, detected = 0, self._detect_lines(pixels)
        if _has_mostly_upright_boxes(detected):
            turns, detected = 3, self._detect_lines(_rotate_quarter_turns(pixels, 3))
        if self._is_upside_down(_rotate_quarter_turns(pixels, turns), detected):
            flipped_turns = (turns + 2) % 4
            flipped = self._detect_lines(_rotate_quarter_turns(pixels, flipped_turns))
            if _mean_confidence(flipped) > _mean_confidence(detected):
                turns, detected = flipped_turns, flipped
        size = (width, height) if turns % 2 == 0 else (height, width)
        lines = tuple(_make_line(entry, turns, size) for entry in detected)
        return OcrPage(width=width, height=height, rotation=90 * turns, lines=lines)

    def _detect_lines(self, pixels: Pixels) -> list[_DetectedLine]:
        left, top, cropped = _crop_to_ink(pixels)
        result = self._ocr(cropped, use_det=True, use_cls=False, use_rec=True, return_word_box=True)
        if getattr(result, "txts", None) is None or result.boxes is None:
            return []
        words = result.word_results if len(result.word_results) == len(result.txts) else [()] * len(result.txts)
        boxes = [np.add(box, (left, top)) for box in result.boxes]
        offset_words = [[_offset_word(word, left, top) for word in line if word[2] is not None] for line in words]
        columns = (boxes, result.txts, result.scores, offset_words)
        return [_DetectedLine(*row) for row in zip(*columns, strict=True)]

    def _is_upside_down(self, pixels: Pixels, detected: list[_DetectedLine]) -> bool:
        """Whether most of the longest lines look rotated by 180 degrees."""
        longest = sorted(detected, key=lambda line: -len(line.text))[:_ORIENTATION_SAMPLE_LINES]
        votes = 0
        for box, *_ in longest:
            left, top = np.maximum(box.min(axis=0).astype(int), 0)
            right, bottom = box.max(axis=0).astype(int) + 1
            response = self._ocr(pixels[top:bottom, left:right], use_det=False, use_cls=True, use_rec=False)
            label, score = response.cls_res[0]
            votes += label == "180" and score > 0.6
        return votes * 2 > len(longest)


def _offset_word(word: tuple[str, float, Any], left: int, top: int) -> tuple[str, float, Any]:
    text, score, corners = word
    return text, score, [(x + left, y + top) for x, y in corners]


def _crop_to_ink(pixels: Pixels) -> tuple[int, int, Pixels]:
    """Crops a page to its ink; returns the left and top of the crop and the crop.

    The detector weighs a page as a whole: it misses three short lines on an otherwise empty page.
    """
    grey = pixels.min(axis=2)
    paper = cv2.blur(grey, (_INK_WINDOW_PIXELS, _INK_WINDOW_PIXELS)).astype(np.int16)
    ink = paper - grey > _INK_CONTRAST
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return 0, 0, pixels
    top, bottom = max(int(rows[0]) - _CROP_MARGIN, 0), int(rows[-1]) + _CROP_MARGIN
    left, right = max(int(columns[0]) - _CROP_MARGIN, 0), int(columns[-1]) + _CROP_MARGIN
    return left, top, np.ascontiguousarray(pixels[top:bottom, left:right])


def _has_mostly_upright_boxes(detected: list[_DetectedLine]) -> bool:
    """Whether most lines are taller than wide: a page rotated by 90 degrees. Lines up to two letters are ignored."""
    sides = [box.max(axis=0) - box.min(axis=0) for box, text, *_ in detected if len(text) > 2]
    upright = sum(1 for width, height in sides if height > 1.5 * width)
    return upright * 2 > len(sides)


def _rotate_quarter_turns(pixels: Pixels, turns: int) -> Pixels:
    """Rotates counter-clockwise by quarter turns."""
    return pixels if turns == 0 else np.ascontiguousarray(np.rot90(pixels, turns))


def _mean_confidence(detected: list[_DetectedLine]) -> float:
    letters = sum(len(line.text) for line in detected)
    return sum(line.score * len(line.text) for line in detected) / letters if letters else 0.0


def _make_line(entry: _DetectedLine, turns: int, size: tuple[int, int]) -> OcrLine:
    box, text, score, words = entry
    corners = [(float(x), float(y)) for x, y in box]
    tokens = text.split()
    if [word[0] for word in words] == tokens:
        parts = [(word[0], float(word[1]), [(float(x), float(y)) for x, y in word[2]]) for word in words]
    else:
        parts = [
            (token, float(score), part)
            for token, part in zip(tokens, _split_word_boxes(corners, text, tokens), strict=True)
        ]
    return OcrLine(
        text=" ".join(tokens),
        confidence=float(score),
        polygon=_to_original_page(corners, turns, size),
        words=tuple(
            OcrWord(token, word_score, _to_original_page(part, turns, size)) for token, word_score, part in parts
        ),
    )


def _split_word_boxes(corners: list[Corner], text: str, tokens: list[str]) -> list[list[Corner]]:
    """Splits a line's box into word boxes by the share of letters."""
    boxes, start, length = [], 0, max(len(text), 1)
    for token in tokens:
        start = text.index(token, start)
        first, last = start / length, (start + len(token)) / length
        start += len(token)
        top_left, top_right, bottom_right, bottom_left = corners
        boxes.append(
            [
                _interpolate(top_left, top_right, first),
                _interpolate(top_left, top_right, last),
                _interpolate(bottom_left, bottom_right, last),
                _interpolate(bottom_left, bottom_right, first),
            ]
        )
    return boxes


def _interpolate(start: Corner, end: Corner, share: float) -> Corner:
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def _to_original_page(corners: list[Corner], turns: int, size: tuple[int, int]) -> tuple[Corner, ...]:
    """Maps corners from pixels of the rotated page to fractions of the page as it was given.

    The first corner of the text stays first, as Textract does for rotated lines.
    """
    width, height = size
    points = []
    for x, y in corners:
        across, down = min(max(x / width, 0.0), 1.0), min(max(y / height, 0.0), 1.0)
        for _ in range(turns % 4):
            # Undo one counter-clockwise quarter turn.
            across, down = 1.0 - down, across
        points.append((across, down))
    return tuple(points)


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Handles requests until stdin closes."""

    def write_response(response: dict[str, Any]) -> None:
        stdout.write(json.dumps(response).encode() + b"\n")
        stdout.flush()

    try:
        engine = RapidOcrEngine()
    except Exception as error:  # noqa: BLE001 -- whatever prevents loading is reported in one sentence
        write_response({"broken": f"{type(error).__name__}: {error}"})
        return
    write_response({"ready": True})
    while header := stdin.readline():
        request = json.loads(header)
        content = stdin.read(request["bytes"])
        try:
            with cpu_limit(MAX_PAGE_CPU_SECONDS):
                response = _handle_request(engine, request, content)
            write_response(response)
        except DocumentRejectedError as refusal:
            write_response({"refused": refusal.code, "message": str(refusal)})
        except Exception as error:  # noqa: BLE001 -- one page's failure must not end the process
            sys.excepthook(*sys.exc_info())
            write_response(
                {"refused": "InternalServerError", "message": f"The page could not be read ({type(error).__name__})."}
            )


def _handle_request(engine: RapidOcrEngine, request: dict[str, Any], content: bytes) -> dict[str, Any]:
    if request.get("count"):
        return {"count": count_pages(content)}
    page = request["page"]
    pixels = rasterize_document(content) if page is None else rasterize_page(content, page)
    return {"page": asdict(engine.read(pixels))}


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Kills this process (SIGPROF) if it uses more than `seconds` of processor time inside the block."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)


def _exit_when_pipe_closes(lifeline: int) -> None:
    """Exits when the other end of the pipe closes, even in the middle of a page."""
    os.read(lifeline, 1)
    os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_when_pipe_closes, args=(int(sys.argv[1]),), daemon=True).start()
    # Libraries may print to stdout, so responses use a private copy of it.
    responses = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, responses)
