"""No name, no answer, no token and no secret is in any log or metric of a run, whatever became of the sheet."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import encrypted_pdf
from tests.workflow.conftest import WorkflowHarness
from tests.workflow.test_intake_channels import wait_for_sheets

STUDENTS = ("Ottoline Quaverfield", "Barnaby Thistlewick", "Zenobia Crumhorn", "Lysander Pettibone")
# Words that nobody but these students writes; each sheet has them in an answer.
ANSWERS = ("verdigris marmalade", "zephyr kaleidoscope", "12.5 m/s")


def _logs(harness: WorkflowHarness) -> dict[Path, str]:
    """Every log of the cloud: a function's output with its metrics, the services', the OCR's."""
    found = sorted((harness.cloud.folder / "logs").rglob("*"))
    return {path: path.read_text(encoding="utf-8", errors="replace") for path in found if path.is_file()}


def _sheet(harness: WorkflowHarness) -> bytes:
    return harness.typed("1. B because of verdigris marmalade", "2. True, by zephyr kaleidoscope", "3. 12.5 m/s")


@pytest.fixture
def logs(harness: WorkflowHarness) -> Iterator[dict[Path, str]]:
    """A sheet graded, one dropped, one rejected, one that fails on our side, a drop refused; then what was written."""
    harness.prepare()
    ids = [harness.send("answer_sheet", _sheet(harness), student=STUDENTS[0])]
    harness.ended(ids[0])
    ids.append(harness.send("answer_sheet", encrypted_pdf(), student=STUDENTS[2]))
    assert harness.ended(ids[1])["state"] == "REJECTED"
    harness.drop(f"answers/{STUDENTS[1]}.pdf", _sheet(harness) + b"\n%%")
    harness.drop(f"answers/{STUDENTS[1]}.docx", b"no scan")
    wait_for_sheets(harness, 3)
    harness.cloud.faults.fail("s3", "CopyObject", "AccessDenied", status=403, times=3)
    ids.append(harness.send("answer_sheet", _sheet(harness) + b"\n%", student=STUDENTS[3]))
    assert harness.ended(ids[2])["state"] == "FAILED"
    harness.api._json("GET", f"/assessments/{harness.assessment}/submissions")
    found = _logs(harness)
    told = "".join(found.values())
    assert all(receipt.id in told for receipt in ids), "the lines of each submission are in there"
    yield found


def test_logs_and_metrics_name_nobody_and_quote_nothing(logs: dict[Path, str], harness: WorkflowHarness) -> None:
    parts = {part for name in STUDENTS for part in name.split()}
    samples = json.loads((Path(__file__).parents[2] / "samples" / "expected.json").read_text(encoding="utf-8"))
    parts |= {sheet["student"].split()[1] for sheet in samples["sheets"]}
    secret = harness.cloud.stack.functions["GradeFunction"].environment["IDENTITY_SECRET"]
    unwanted = {*parts, *ANSWERS, secret}
    found = [
        f"{path.name}: {word}: {line[:200]}"
        for path, text in logs.items()
        for line in text.splitlines()
        for word in unwanted
        if word.lower() in line.lower()
    ]
    assert found == []


def test_no_token_and_no_signed_address_is_written_down(logs: dict[Path, str]) -> None:
    signs = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.|X-Amz-Signature|x-amz-signature|Bearer ")
    assert [f"{path.name}: {found[0]}" for path, text in logs.items() if (found := signs.search(text))] == []
