"""The layout in docs/architecture.md is that of the code."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def draw_layout() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_layout", ROOT / "docs" / "draw_layout.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_lists_the_modules_as_they_are(draw_layout: ModuleType) -> None:
    text = draw_layout.PAGE.read_text(encoding="utf-8")
    assert text == draw_layout.page(text), "`make layout` writes it"


def test_every_module_says_what_it_holds(draw_layout: ModuleType) -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for folder in draw_layout.FOLDERS
        for _, modules in draw_layout.packages(ROOT / folder)
        for path in modules
        if not draw_layout.summary(path)
    ]
    assert silent == []
