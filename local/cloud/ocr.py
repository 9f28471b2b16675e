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

from local.cloud.process import CloudError

Point = tuple[float, float]
# A page takes 2 to 4 s of a core; what uses this much processor time hangs, and so does what takes this long without.
# On a busy machine a page may take minutes by the clock and is read all the same.
PAGE_CPU_SECONDS = 120.0
PAGE_SECONDS = 900.0
_NEEDS = ("rapidocr", "onnxruntime", "cv2")


@dataclass(frozen=True)
class Word:
    """`polygon`: four corners as fractions of the page, the text's top left first. `confidence` 0 to 1."""

    text: str
    confidence: float
    polygon: tuple[Point, ...]


@dataclass(frozen=True)
class Line:
    text: str
    confidence: float
    polygon: tuple[Point, ...]
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Page:
    """A page as it lay: size in pixels; `rotation`, degrees clockwise, by which its text is turned."""

    width: int
    height: int
    rotation: int
    lines: tuple[Line, ...]


class Unreadable(Exception):
    """The page was not read; `code` is the exception that Textract names."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class OcrProcesses:
    """So many engines, each in a process with one core. They load in the background from the start."""

    def __init__(self, count: int, log: Path) -> None:
        missing = [name for name in _NEEDS if importlib.util.find_spec(name) is None]
        if missing:
            raise CloudError(
                f"The OCR engine is not installed ({', '.join(missing)} is missing); run `make setup` or install "
                "requirements/local.txt."
            )
        self._count = count
        self._log = log
        self._free: queue.Queue[_Engine] = queue.Queue()
        self._engines: set[_Engine] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(count):
            self._start_one()

    def read(self, content: bytes, page: int | None = None) -> Page:
        """The one page of a document, or page `page` (from 0) of a longer one.

        Raises
        ------
        Unreadable
            Textract would refuse the document, or the engine failed on it.
        """
        answer = self._ask(content, {"page": page})
        return _page(answer["page"])

    def count(self, content: bytes) -> int:
        """Pages of a PDF or frames of a TIFF; raises as `read` does."""
        return int(self._ask(content, {"count": True})["count"])

    def _ask(self, content: bytes, question: dict[str, Any]) -> dict[str, Any]:
        if self._count == 0:
            raise Unreadable("InternalServerError", "No OCR engine runs here.")
        engine = self._free.get()
        try:
            return engine.ask(content, question)
        except (OSError, ValueError) as error:
            self._replace(engine)
            raise Unreadable("InternalServerError", "The OCR engine stopped on this page.") from error
        finally:
            if not engine.dead:
                self._free.put(engine)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            engines = list(self._engines)
        for engine in engines:
            engine.close()

    def _start_one(self) -> None:
        with self._lock:
            if self._closed:
                return
            engine = _Engine(self._log)
            self._engines.add(engine)
        self._free.put(engine)

    def _replace(self, engine: "_Engine") -> None:
        engine.close()
        with self._lock:
            self._engines.discard(engine)
        self._start_one()


class _Engine:
    """One process, seen from outside."""

    def __init__(self, log: Path) -> None:
        self.dead = False
        self._closing = threading.Lock()
        self._broken: str | None = None
        self._greeted = False
        ours, lifeline = os.pipe()
        # The child reads the end that never says anything; it closes with us, however we end.
        try:
            with log.open("ab") as errors:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "local.cloud.ocr_process", str(ours)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    cwd=Path(__file__).parents[2],
                    pass_fds=(ours,),
                    start_new_session=True,
                    env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                )
        finally:
            os.close(ours)
        self._lifeline = lifeline
        self._questions = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    def ask(self, content: bytes, question: dict[str, Any]) -> dict[str, Any]:
        """The process's answer; raises ValueError or OSError where it has gone."""
        watchdog = threading.Timer(PAGE_SECONDS, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            if not self._greeted:
                self._broken = self._line().get("broken")
                self._greeted = True
            if self._broken:
                raise Unreadable("InternalServerError", f"The OCR engine cannot be loaded: {self._broken}")
            self._questions.write(json.dumps({"bytes": len(content), **question}).encode() + b"\n" + content)
            self._questions.flush()
            answer = self._line()
        finally:
            watchdog.cancel()
        if "refused" in answer:
            raise Unreadable(answer["refused"], answer["message"])
        return answer

    def close(self) -> None:
        """Also from two threads at once: a cloud that stops, and a call that found the process dead."""
        with self._closing:
            if self.dead:
                return
            self.dead = True
        os.close(self._lifeline)
        self._process.kill()
        self._process.wait()
        for stream in (self._questions, self._answers):
            try:
                stream.close()
            except OSError:
                # What was still to be written to the process goes nowhere.
                continue

    def _line(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise ValueError("the process has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _page(body: dict[str, Any]) -> Page:
    return Page(
        body["width"],
        body["height"],
        body["rotation"],
        tuple(
            Line(
                line["text"],
                line["confidence"],
                _polygon(line["polygon"]),
                tuple(Word(word["text"], word["confidence"], _polygon(word["polygon"])) for word in line["words"]),
            )
            for line in body["lines"]
        ),
    )


def _polygon(points: list[list[float]]) -> tuple[Point, ...]:
    return tuple((x, y) for x, y in points)
