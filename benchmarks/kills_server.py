"""Runs `gradeline serve` with an OCR engine that costs nothing: it reads each image's text from its metadata.

python -m benchmarks.kills_server FOLDER PORT
"""

import io
import json
import sys
from pathlib import Path

from PIL import Image

from local.cli import serve
from local.cli.console import PlainConsole
from local.cloud.local_cloud import LocalCloud
from local.cloud.ocr_pool import OcrLine, OcrPage, OcrWord


class PngTextOcr:
    """Returns the lines that `benchmarks.kills` wrote into a PNG's text chunk."""

    def read(self, content: bytes, _page: int | None = None) -> OcrPage:
        image = Image.open(io.BytesIO(content))
        lines = json.loads(image.text["lines"])  # type: ignore[attr-defined]
        return OcrPage(*image.size, 0, tuple(_line(text, number) for number, text in enumerate(lines)))

    def count(self, _content: bytes) -> int:
        return 1

    def close(self) -> None:
        """Nothing to close."""


def _line(text: str, number: int) -> OcrLine:
    top = 0.05 + 0.05 * number
    words = text.split()
    boxes = [_box(0.1 + 0.8 * index / len(words), top, 0.7 / len(words)) for index in range(len(words))]
    return OcrLine(text, 0.99, _box(0.1, top, 0.8), tuple(map(OcrWord, words, [0.99] * len(words), boxes)))


def _box(left: float, top: float, width: float) -> tuple[tuple[float, float], ...]:
    return ((left, top), (left + width, top), (left + width, top + 0.03), (left, top + 0.03))


def main(folder: Path, port: int) -> None:
    with LocalCloud(port=port, folder=folder, reader=PngTextOcr(), parameters={"DropTenant": "demo"}) as cloud:
        serve.serve_drop_folder(cloud, folder, stdout=PlainConsole(), stderr=PlainConsole(stderr=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
