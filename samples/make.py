"""Generates the question paper and the answer sheets: `python -m samples.make [FOLDER]`.

Each sheet has a fixed seed, so the content is the same every time. The marking scheme and the expected marks are
written by hand and not generated.
"""

import argparse
import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from samples.ink import Hand, Pen, Ruling, lay_out
from samples.paper import write_paper
from samples.scan import Paper, Picture, on_paper, photographed, scanned
from samples.students import AMARA, CALLUM, JODIE, PRIYA, TOBIAS, Sheet
from samples.typed import write_typed

HERE = Path(__file__).parent
SEED = 20_260
DPI = 200

Capture = Callable[[Picture, np.random.Generator], Picture]

AMARA_HAND = Hand("dkg.ttf", size=45, ink=(24, 32, 92), wander=4, tremble=0.7)
PRIYA_HAND = Hand("ComicNeue-Light.otf", size=43, ink=(38, 38, 46), slant=0.16, width=0.93, wander=4, weight=2)
CALLUM_HAND = Hand(
    "dkg.ttf", size=46, ink=(60, 60, 64), slant=-0.1, width=1.04, wander=7, tremble=2.0, weight=2, label_gap=0.7
)
JODIE_HAND = Hand("ComicNeue-Regular.otf", size=44, ink=(18, 52, 140), slant=0.05, wander=6, tremble=1.6)

WIDE = Ruling(top=300, spacing=75, margin=278, left=306, right=1530, bottom=2190, label=104, after_answer=1)
NARROW = Ruling(spacing=65, top=250, bottom=2260, left=240)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample question paper and answer sheets.")
    parser.add_argument("folder", nargs="?", type=Path, default=HERE, help="where to write (default: here)")
    make(parser.parse_args().folder)


def make(folder: Path) -> None:
    """Write the question paper and the five sheets into `folder`."""
    (folder / "answers").mkdir(parents=True, exist_ok=True)
    write_paper(folder / "question-paper.pdf")
    write_typed(TOBIAS, folder / TOBIAS.file)
    write_scan(handwritten(AMARA, AMARA_HAND, WIDE, Paper(holes=True), flatbed), folder / AMARA.file)
    priya = handwritten(PRIYA, PRIYA_HAND, NARROW, Paper(), flatbed)
    save_jpeg(priya[0], folder / PRIYA.file)
    callum = handwritten(CALLUM, CALLUM_HAND, NARROW, Paper(margin=None, rules=(205, 205, 205)), cleaned)
    save_png(callum[0], folder / CALLUM.file)
    jodie = handwritten(JODIE, JODIE_HAND, NARROW, Paper(), photographed)
    save_jpeg(jodie[0], folder / JODIE.file)


def handwritten(sheet: Sheet, hand: Hand, ruling: Ruling, paper: Paper, capture: Capture) -> list[Picture]:
    """Draw the sheet's pages as images."""
    rng = random.Random(f"{SEED} {sheet.student}")
    layout = lay_out(sheet, Pen(hand, rng), ruling)
    pictures = []
    for number, strokes in enumerate(layout):
        noise = np.random.default_rng([SEED, number, *sheet.student.encode()])
        pen = Pen(hand, rng)
        for stroke in strokes:
            pen.write(stroke)
        pictures.append(capture(on_paper(pen.ink(noise), hand, ruling, paper, noise), noise))
    return pictures


def flatbed(page: Picture, noise: np.random.Generator) -> Picture:
    return scanned(page, (noise.random() - 0.5) * 1.2, noise)


def cleaned(page: Picture, noise: np.random.Generator) -> Picture:
    """Simulate a copier's "text" setting: grey, little grain, few tones (which also keeps a PNG small)."""
    grey = scanned(page, -0.5, noise, grain=1.0).mean(axis=2)
    levels = np.clip((grey - 20) * 255 / (236 - 20), 0, 255)
    return (np.round(levels / 17) * 17).astype(np.uint8)


def write_scan(pages: list[Picture], path: Path) -> None:
    """Write a PDF of images without a text layer, as from an office scanner."""
    canvas = Canvas(str(path), pagesize=A4, invariant=True, pageCompression=1)
    canvas.setTitle("Scan")
    for page in pages:
        body = BytesIO()
        Image.fromarray(page).save(body, "JPEG", quality=52, dpi=(DPI, DPI))
        canvas.drawImage(ImageReader(body), 0, 0, *A4)
        canvas.showPage()
    canvas.save()


def save_jpeg(picture: Picture, path: Path) -> None:
    Image.fromarray(picture).save(path, "JPEG", quality=62, dpi=(DPI, DPI))


def save_png(picture: Picture, path: Path) -> None:
    Image.fromarray(picture).quantize(16).save(path, "PNG", optimize=True, dpi=(DPI, DPI))


if __name__ == "__main__":
    main()
