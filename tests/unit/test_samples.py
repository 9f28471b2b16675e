"""The samples are consistent, and the script that is documented to create them recreates them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
import yaml
from PIL import Image
from pypdf import PdfReader

from samples.make import make
from samples.paper import TOTAL_MARKS
from samples.students import AMARA, CALLUM, JODIE, PRIYA, SHEETS, TOBIAS, Sheet, without_crossings

SAMPLES = Path(__file__).parents[2] / "samples"
SCHEME: dict[str, Any] = yaml.safe_load((SAMPLES / "marking-scheme.yaml").read_text())
EXPECTED: dict[str, Any] = json.loads((SAMPLES / "expected.json").read_text())
MAXIMA = {entry["question"]: entry["marks"] for entry in SCHEME["questions"]}
ANY_TWO = ("11(a)", "11(b)", "11(c)")

by_student = pytest.mark.parametrize("sheet", EXPECTED["sheets"], ids=lambda sheet: sheet["student"])


@pytest.fixture(scope="module")
def recreated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("samples")
    make(folder)
    return folder


def test_the_scheme_adds_up_to_the_papers_total() -> None:
    any_two = sum(sorted(MAXIMA[label] for label in ANY_TWO)[-2:])
    others = sum(marks for label, marks in MAXIMA.items() if label not in ANY_TWO)
    assert others + any_two == TOTAL_MARKS == EXPECTED["max_marks"]


def test_every_question_of_the_scheme_is_printed_on_the_paper() -> None:
    lines = [line.strip() for page in PdfReader(SAMPLES / "question-paper.pdf").pages for line in _lines(page)]
    for label in MAXIMA:
        number, _, letter = label.partition("(")
        assert number in lines, label
        assert not letter or f"({letter}" in lines, label


def test_printed_marks_equal_the_schemes() -> None:
    words = [line.strip() for page in PdfReader(SAMPLES / "question-paper.pdf").pages for line in _lines(page)]
    printed = Counter(int(word[1:].split("]")[0].split(" ")[0]) for word in words if _is_marks(word))
    assert printed == Counter(MAXIMA.values()) + Counter([6])  # 6: what any two of question 11 are worth


def test_criteria_add_up_to_their_questions_marks() -> None:
    free_text = [entry for entry in SCHEME["questions"] if entry["type"] == "text"]
    assert len(free_text) >= 8
    for entry in free_text:
        assert sum(criterion["marks"] for criterion in entry["criteria"]) == entry["marks"], entry["question"]
        assert entry["model_answer"]
        assert all(criterion["accept"] for criterion in entry["criteria"]), entry["question"]


@by_student
def test_expected_marks_list_every_question_once_within_its_maximum(sheet: dict[str, Any]) -> None:
    assert [question["question"] for question in sheet["questions"]] == list(MAXIMA)
    for question in sheet["questions"]:
        assert question["max_marks"] == MAXIMA[question["question"]]
        assert 0 <= question["marks"] <= question["max_marks"]
        assert question["marks"] % SCHEME["rounding"] == 0
        assert question["reason"]


@by_student
def test_expected_totals_are_the_sum_of_counted_marks_with_the_best_two(sheet: dict[str, Any]) -> None:
    marks = {question["question"]: question["marks"] for question in sheet["questions"]}
    counted = {question["question"] for question in sheet["questions"] if question["counted"]}
    assert sheet["marks"] == sum(marks[label] for label in counted)
    assert set(MAXIMA) - set(ANY_TWO) <= counted
    left_out = [label for label in ANY_TWO if label not in counted]
    assert len(left_out) == 1
    assert marks[left_out[0]] <= min(marks[label] for label in ANY_TWO if label in counted)


def test_expected_marks_and_answers_are_of_the_same_five_students() -> None:
    listed = [(sheet["file"], sheet["student"], sheet["class"]) for sheet in EXPECTED["sheets"]]
    assert listed == [(sheet.file, sheet.student, sheet.class_name) for sheet in SHEETS]
    assert all((SAMPLES / sheet.file).is_file() for sheet in SHEETS)


def test_every_file_has_the_type_of_its_name() -> None:
    assert Image.open(SAMPLES / PRIYA.file).format == Image.open(SAMPLES / JODIE.file).format == "JPEG"
    assert Image.open(SAMPLES / CALLUM.file).format == "PNG"
    scan = PdfReader(SAMPLES / AMARA.file)
    assert len(scan.pages) == 3
    assert [page.extract_text() for page in scan.pages] == ["", "", ""]
    assert len(PdfReader(SAMPLES / "question-paper.pdf").pages) == 2


def test_the_typed_sheets_text_layer_has_the_students_answers() -> None:
    text = " ".join(" ".join(_lines(page)) for page in PdfReader(SAMPLES / TOBIAS.file).pages)
    assert TOBIAS.heading in text
    for answer in TOBIAS.answers:
        assert f"{answer.label} {without_crossings(answer.text)}" in text


def test_the_files_stay_small() -> None:
    sizes = {path.name: path.stat().st_size for path in SAMPLES.rglob("*") if path.suffix in {".pdf", ".jpg", ".png"}}
    assert len(sizes) == 6
    assert max(sizes.values()) < 1_500_000
    everything = (path for path in SAMPLES.rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert sum(path.stat().st_size for path in everything) < 6_000_000


def test_every_font_has_its_licence() -> None:
    licences = " ".join(path.read_text() for path in (SAMPLES / "fonts").glob("OFL-*.txt"))
    assert licences.count("SIL OPEN FONT LICENSE Version 1.1") == 2
    for font in (*SAMPLES.glob("fonts/*.otf"), *SAMPLES.glob("fonts/*.ttf")):
        assert font.name in licences


@pytest.mark.parametrize("name", ["question-paper.pdf", TOBIAS.file])
def test_printed_pages_are_recreated_word_for_word(recreated: Path, name: str) -> None:
    committed, fresh = PdfReader(SAMPLES / name), PdfReader(recreated / name)
    assert [page.extract_text() for page in fresh.pages] == [page.extract_text() for page in committed.pages]
    assert fresh.metadata == committed.metadata


@pytest.mark.parametrize("sheet", [AMARA, PRIYA, CALLUM, JODIE], ids=lambda sheet: sheet.student)
def test_scans_are_recreated_stroke_for_stroke(recreated: Path, sheet: Sheet) -> None:
    """Compared at a reduced size, so that another codec's rounding is not a difference."""
    committed, fresh = _grey_pages(SAMPLES / sheet.file), _grey_pages(recreated / sheet.file)
    assert len(committed) == len(fresh)
    for committed_page, fresh_page in zip(committed, fresh, strict=True):
        assert committed_page.shape == fresh_page.shape
        difference = np.abs(committed_page - fresh_page)
        assert difference.mean() < 1.5
        assert difference.max() < 24  # a word that moved or changed shows as 60 and more


def _lines(page: Any) -> list[str]:
    text: str = page.extract_text()
    return text.splitlines()


def _is_marks(word: str) -> bool:
    return (word.startswith("[") and word.endswith("]")) or (word.startswith("(") and "mark" in word)


def _grey_pages(path: Path) -> list[np.ndarray]:
    """Return each page in grey at a quarter of its size."""
    if path.suffix == ".pdf":
        document = pypdfium2.PdfDocument(path)
        pictures = [page.render(scale=2).to_pil() for page in document]
        document.close()
    else:
        pictures = [Image.open(path)]
    return [
        np.asarray(picture.convert("L").resize((picture.width // 4, picture.height // 4), Image.Resampling.BOX), float)
        for picture in pictures
    ]
