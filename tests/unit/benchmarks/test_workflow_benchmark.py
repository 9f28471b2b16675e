"""The parts of the workflow benchmark: its documents, its fake endpoints and its sequential state machine."""

import io
import json
from pathlib import Path

import pytest
from pypdf import PdfReader

from benchmarks.flow import model_endpoint, sheet_documents
from benchmarks.flow.sheet_endpoint import FakeSheetTextract
from benchmarks.scanned_documents import find_labels
from local.cloud.local_cloud import ROOT
from local.cloud.stack import Stack

SEQUENTIAL = ROOT / "benchmarks" / "flow" / "sequential.asl.yaml"


@pytest.mark.parametrize("pages", sheet_documents.SIZES)
def test_every_question_is_answered_once_at_any_number_of_pages(pages: int) -> None:
    lines = [line for page in range(1, pages + 1) for line in sheet_documents.page_lines(pages, page)]
    labels = [line[0] for line in lines if line[0].rstrip(".").isdigit()]
    assert labels == [f"{number}." for number in range(1, sheet_documents.QUESTIONS + 1)]


@pytest.mark.parametrize("typed", [False, True])
def test_a_page_is_identified_by_its_label_and_returns_its_lines(tmp_path: Path, typed: bool) -> None:
    path = sheet_documents.write_sheet(tmp_path / "sheet.pdf", 5, typed=typed)
    (name,) = {found for found in find_labels(path.read_bytes()) if found.endswith("-0003")}
    blocks = json.loads(FakeSheetTextract().page_response_body(name, 0))["Blocks"]
    texts = [block["Text"] for block in blocks if block["BlockType"] == "LINE"]
    assert texts == [" ".join(line) for line in sheet_documents.page_lines(5, 3, typed=typed)]
    if typed:
        assert texts[1] in PdfReader(path).pages[2].extract_text()


def test_copies_of_a_document_differ_in_bytes_and_not_in_pages() -> None:
    body = sheet_documents.paper()
    copies = {sheet_documents.with_copy_number(body, number) for number in range(3)}
    assert len(copies) == 3
    assert {len(PdfReader(io.BytesIO(copy)).pages) for copy in copies} == {2}


def test_the_label_of_a_scan_names_its_sheet() -> None:
    assert sheet_documents.lines_of_label("20-0007") == sheet_documents.page_lines(20, 7)


def test_the_fake_model_quotes_the_answer_as_evidence() -> None:
    answer = "because iron rusts in damp air and not in dry"
    request = {
        "messages": [
            {"content": 'Rules.\n{"question": "Why?", "criteria": [{"criterion": 1}, {"criterion": 2}]}'},
            {"content": json.dumps({"student_answer": answer})},
        ]
    }
    content = json.loads(model_endpoint.completion(request)["choices"][0]["message"]["content"])
    assert [criterion["criterion"] for criterion in content["criteria"]] == [1, 2]
    assert all(criterion["evidence"] and criterion["evidence"] in answer for criterion in content["criteria"])


def test_the_sequential_state_machine_runs_the_same_tasks_in_order() -> None:
    stack = Stack(ROOT / "template.yaml", secret=lambda _: "secret")
    definition = stack.state_machine(SEQUENTIAL)[1]
    states, name, order = json.loads(definition)["States"], json.loads(definition)["StartAt"], []
    while name:
        order.append(name)
        name = states[name].get("Next")
    assert order == ["StoreFile", "Record", "Extract", "Grade", "Announce"]
    ours = stack.state_machine()[1]
    for task in order:
        assert f'"Resource": "{states[task]["Resource"]}"' in ours
