"""Pages read by a real OCR engine (RapidOCR), in processes of their own that end with the cloud."""

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
# A page takes 2 to 4 s of a core; what uses this much processor time hangs, and so does what takes this long without.
# On a busy machine a page may take minutes by the clock and is read all the same.
MAX_PAGE_CPU_SECONDS = 120.0
MAX_PAGE_SECONDS = 900.0
_REQUIRED_PACKAGES = ("rapidocr", "onnxruntime", "cv2")


@dataclass(frozen=True)
class OcrWord:
    """`polygon`: four corners as fractions of the page, the text's top left first. `confidence` 0 to 1."""

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
    """A page as it lay: size in pixels; `rotation`, degrees clockwise, by which its text is turned."""

    width: int
    height: int
    rotation: int
    lines: tuple[OcrLine, ...]


class OcrError(Exception):
    """The page was not read; `code` is the exception that Textract names."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OcrProcessPool:
    """So many engines, each in a process with one core. They load in the background from the start."""

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
        """The one page of a document, or page `page` (from 0) of a longer one.

        Raises
        ------
        Unreadable
            Textract would refuse the document, or the engine failed on it.
        """
        answer = self._request(content, {"page": page})
        return _decode_page(answer["page"])

    def count(self, content: bytes) -> int:
        """Pages of a PDF or frames of a TIFF; raises as `read` does."""
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
    """One process, seen from outside."""

    def __init__(self, log: Path) -> None:
        self.closed = False
        self._closing = threading.Lock()
        self._load_error: str | None = None
        self._is_ready = False
        child_end, lifeline = os.pipe()
        # The child reads the end that never says anything; it closes with us, however we end.
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
        """The process's answer; raises ValueError or OSError where it has gone."""
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
            answer = self._read_response()
        finally:
            watchdog.cancel()
        if "refused" in answer:
            raise OcrError(answer["refused"], answer["message"])
        return answer

    def close(self) -> None:
        """Also from two threads at once: a cloud that stops, and a call that found the process dead."""
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
                # What was still to be written to the process goes nowhere.
                continue

    def _read_response(self) -> dict[str, Any]:
        line = self._stdout.readline()
        if not line:
            raise ValueError("the process has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


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
