"""Reads pages with a real OCR engine (RapidOCR), in child processes that end with the cloud."""

import importlib.util
import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from local.cloud.process_setup import CloudError

Corner = tuple[float, float]
# A page takes 2 to 4 s of processor time. Beyond the first limit (processor time) or the second (wall clock) a process
# is considered hung. On a busy machine a page may take minutes of wall-clock time and is still read.
MAX_PAGE_CPU_SECONDS = 120.0
MAX_PAGE_SECONDS = 900.0
_REQUIRED_PACKAGES = ("rapidocr", "onnxruntime", "cv2")


@dataclass(frozen=True)
class OcrWord:
    """A word. `polygon`: four corners as fractions of the page, top left of the text first. `confidence`: 0 to 1."""

    text: str
    confidence: float
    polygon: tuple[Corner, ...]


@dataclass(frozen=True)
class OcrLine:
    text: str
    confidence: float
    polygon: tuple[Corner, ...]
    words: tuple[OcrWord, ...]


@dataclass(frozen=True)
class OcrPage:
    """A page as it was given: size in pixels; `rotation` of its text in degrees clockwise."""

    width: int
    height: int
    rotation: int
    lines: tuple[OcrLine, ...]


class OcrError(Exception):
    """The page was not read; `code` is the name of Textract's exception."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OcrProcessPool:
    """A pool of `count` OCR processes with one core each. They load their models in the background from the start."""

    def __init__(self, count: int, log: Path) -> None:
        missing = [name for name in _REQUIRED_PACKAGES if importlib.util.find_spec(name) is None]
        if missing:
            raise CloudError(
                f"The OCR engine is not installed ({', '.join(missing)} is missing); run `make setup` or install "
                "requirements/local.txt."
            )
        self._count = count
        self._log = log
        self._idle: queue.Queue[_OcrProcess] = queue.Queue()
        self._engines: set[_OcrProcess] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(count):
            self._start_process()

    def read(self, content: bytes, page: int | None = None) -> OcrPage:
        """Reads the only page of a document, or page `page` (from 0) of a longer one.

        Raises
        ------
        OcrError
            Textract would reject the document, or the engine failed on it.
        """
        response = self._request(content, {"page": page})
        return _decode_page(response["page"])

    def count(self, content: bytes) -> int:
        """Counts the pages of a PDF or frames of a TIFF; raises as `read` does."""
        return int(self._request(content, {"count": True})["count"])

    def _request(self, content: bytes, query: dict[str, Any]) -> dict[str, Any]:
        if self._count == 0:
            raise OcrError("InternalServerError", "No OCR engine runs here.")
        engine = self._idle.get()
        try:
            return engine.request(content, query)
        except (OSError, ValueError) as error:
            self._replace(engine)
            raise OcrError("InternalServerError", "The OCR engine stopped on this page.") from error
        finally:
            if not engine.closed:
                self._idle.put(engine)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            engines = list(self._engines)
        for engine in engines:
            engine.close()

    def _start_process(self) -> None:
        with self._lock:
            if self._closed:
                return
            engine = _OcrProcess(self._log)
            self._engines.add(engine)
        self._idle.put(engine)

    def _replace(self, engine: "_OcrProcess") -> None:
        engine.close()
        with self._lock:
            self._engines.discard(engine)
        self._start_process()


class _OcrProcess:
    """One OCR process, seen from the parent."""

    def __init__(self, log: Path) -> None:
        self.closed = False
        self._closing = threading.Lock()
        self._load_error: str | None = None
        self._is_ready = False
        child_end, lifeline = os.pipe()
        # The child reads from this pipe, on which nothing is ever sent: it closes when this process ends, however.
        try:
            with log.open("ab") as errors:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "local.cloud.ocr_process", str(child_end)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    cwd=Path(__file__).parents[2],
                    pass_fds=(child_end,),
                    start_new_session=True,
                    env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                )
        finally:
            os.close(child_end)
        self._lifeline = lifeline
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)

    def request(self, content: bytes, query: dict[str, Any]) -> dict[str, Any]:
        """Sends a request and returns the response; raises ValueError or OSError if the process has exited."""
        watchdog = threading.Timer(MAX_PAGE_SECONDS, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            if not self._is_ready:
                self._load_error = self._read_response().get("broken")
                self._is_ready = True
            if self._load_error:
                raise OcrError("InternalServerError", f"The OCR engine cannot be loaded: {self._load_error}")
            self._stdin.write(json.dumps({"bytes": len(content), **query}).encode() + b"\n" + content)
            self._stdin.flush()
            response = self._read_response()
        finally:
            watchdog.cancel()
        if "refused" in response:
            raise OcrError(response["refused"], response["message"])
        return response

    def close(self) -> None:
        """Kills the process. Two threads may call this at once: one that stops the cloud, one whose request failed."""
        with self._closing:
            if self.closed:
                return
            self.closed = True
        os.close(self._lifeline)
        self._process.kill()
        self._process.wait()
        for stream in (self._stdin, self._stdout):
            try:
                stream.close()
            except OSError:
                # Unsent data for the killed process is lost on purpose.
                continue

    def _read_response(self) -> dict[str, Any]:
        line = self._stdout.readline()
        if not line:
            raise ValueError("the process has ended")
        response: dict[str, Any] = json.loads(line)
        return response


def _decode_page(body: dict[str, Any]) -> OcrPage:
    return OcrPage(
        body["width"],
        body["height"],
        body["rotation"],
        tuple(
            OcrLine(
                line["text"],
                line["confidence"],
                _decode_polygon(line["polygon"]),
                tuple(
                    OcrWord(word["text"], word["confidence"], _decode_polygon(word["polygon"]))
                    for word in line["words"]
                ),
            )
            for line in body["lines"]
        ),
    )


def _decode_polygon(points: list[list[float]]) -> tuple[Corner, ...]:
    return tuple((x, y) for x, y in points)
