"""The picture of the state machine is drawn from its file: it cannot drift, and it leaves nothing out."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.template.asl import ROOT, STATEMACHINE, state_nodes
from tests.template.state_machine import load_state_machine

_SCRIPT = ROOT / "docs" / "draw_statemachine.py"
_DRAWN = ROOT / "docs" / "statemachine.svg"
_SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_in_the_docs_is_the_file_as_it_is() -> None:
    fresh = _draw(STATEMACHINE)
    assert _DRAWN.read_text(encoding="utf-8") == fresh, (
        f"draw it again: python {_SCRIPT.relative_to(ROOT)} > {_DRAWN.relative_to(ROOT)}"
    )


def test_every_state_is_in_the_picture_once() -> None:
    assert sorted(_names(_draw(STATEMACHINE))) == sorted(
        found.name for found in state_nodes(load_state_machine().machine)
    )


def test_boxes_of_one_scope_do_not_overlap() -> None:
    boxes = [
        tuple(float(box.get(side, "0")) for side in ("x", "y", "width", "height"))
        for box in _read(_draw(STATEMACHINE)).findall(f"./{_SVG}g/{_SVG}rect")
    ]
    assert len(boxes) > 10
    for index, (ax, ay, aw, ah) in enumerate(boxes):
        for bx, by, bw, bh in boxes[index + 1 :]:
            assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay


@pytest.mark.parametrize("change", ["another road", "another limit", "another state"])
def test_a_changed_machine_makes_another_picture(tmp_path: Path, change: str) -> None:
    def edit(machine: dict) -> None:  # type: ignore[type-arg]
        grade = machine["States"]["Grade"]
        if change == "another road":
            grade["Next"] = "Release"
        elif change == "another limit":
            grade["TimeoutSeconds"] = 599
        else:
            machine["States"]["Look"] = {"Type": "Wait", "Seconds": 5, "Next": "Announce"}
            grade["Next"] = "Look"

    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump(load_state_machine().edited(edit).machine, sort_keys=False), encoding="utf-8")
    assert _draw(path) != _draw(STATEMACHINE)


def test_a_loop_is_drawn_as_well(tmp_path: Path) -> None:
    """Start a job, wait, look, and wait again where it is not done."""
    machine = {
        "StartAt": "Start",
        "States": {
            "Start": {"Type": "Task", "Resource": "${StartFunctionArn}", "Next": "Wait"},
            "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Look"},
            "Look": {"Type": "Task", "Resource": "${LookFunctionArn}", "Next": "Done?"},
            "Done?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.tries", "NumericGreaterThanEquals": 9, "Next": "End"}],
                "Default": "Wait",
            },
            "End": {"Type": "Succeed"},
        },
    }
    path = tmp_path / "loop.yaml"
    path.write_text(yaml.safe_dump(machine, sort_keys=False), encoding="utf-8")
    drawn = _draw(path)
    assert sorted(_names(drawn)) == sorted(machine["States"])
    arrows = [path for path in _read(drawn).iter(f"{_SVG}path") if path.get("class") == "head"]
    assert len(arrows) == 5
    assert "tries ≥ 9" in drawn


def _draw(source: Path) -> str:
    done = subprocess.run([sys.executable, _SCRIPT, source], capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def _read(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 -- drawn by ourselves a moment ago


def _names(svg: str) -> list[str]:
    return [text.text or "" for text in _read(svg).iter(f"{_SVG}text") if text.get("class") == "name"]
