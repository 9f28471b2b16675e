"""No name, answer, token or secret is in any log or metric of a run, whatever happened to the sheet."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import encrypted_pdf
from tests.workflow.conftest import WorkflowHarness

STUDENTS = ("Ottoline Quaverfield", "Barnaby Thistlewick", "Zenobia Crumhorn", "Lysander Pettibone")
# Words that only these students write; each sheet has them in an answer.
ANSWERS = ("verdigris marmalade", "zephyr kaleidoscope", "12.5 m/s")


def _read_logs(harness: WorkflowHarness) -> dict[Path, str]:
    """Returns every log of the cloud: the functions' output with their metrics, the services', the OCR processes'."""
    found = sorted((harness.cloud.folder / "logs").rglob("*"))
    return {path: path.read_text(encoding="utf-8", errors="replace") for path in found if path.is_file()}


def _sheet(harness: WorkflowHarness) -> bytes:
    return harness.typed_sheet("1. B because of verdigris marmalade", "2. True, by zephyr kaleidoscope", "3. 12.5 m/s")


@pytest.fixture
def logs(harness: WorkflowHarness) -> Iterator[dict[Path, str]]:
    """The logs after a graded, a dropped, a rejected and a failed sheet, and a rejected drop."""
    harness.prepare()
    ids = [harness.send("answer_sheet", _sheet(harness), student=STUDENTS[0])]
    harness.wait_until_ended(ids[0])
    ids.append(harness.send("answer_sheet", encrypted_pdf(), student=STUDENTS[2]))
    assert harness.wait_until_ended(ids[1])["state"] == "REJECTED"
    harness.drop_file(f"answers/{STUDENTS[1]}.pdf", _sheet(harness) + b"\n%%")
    harness.drop_file(f"answers/{STUDENTS[1]}.docx", b"no scan")
    harness.wait_for_sheets(3)
    harness.cloud.faults.fail("s3", "CopyObject", "AccessDenied", status=403, times=3)
    ids.append(harness.send("answer_sheet", _sheet(harness) + b"\n%", student=STUDENTS[3]))
    assert harness.wait_until_ended(ids[2])["state"] == "FAILED"
    harness.api._json("GET", f"/assessments/{harness.assessment}/submissions")
    found = _read_logs(harness)
    text = "".join(found.values())
    assert all(receipt.id in text for receipt in ids), "the logs have lines of each submission"
    yield found


def test_logs_and_metrics_have_no_names_and_no_answers(logs: dict[Path, str], harness: WorkflowHarness) -> None:
    parts = {part for name in STUDENTS for part in name.split()}
    samples = json.loads((Path(__file__).parents[2] / "samples" / "expected.json").read_text(encoding="utf-8"))
    parts |= {sheet["student"].split()[1] for sheet in samples["sheets"]}
    secret = harness.cloud.stack.functions["GradeFunction"].environment["IDENTITY_SECRET"]
    forbidden = {*parts, *ANSWERS, secret}
    found = [
        f"{path.name}: {word}: {line[:200]}"
        for path, text in logs.items()
        for line in text.splitlines()
        for word in forbidden
        if word.lower() in line.lower()
    ]
    assert found == []


def test_no_token_and_no_signed_url_is_logged(logs: dict[Path, str]) -> None:
    token_pattern = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.|X-Amz-Signature|x-amz-signature|Bearer ")
    assert [f"{path.name}: {found[0]}" for path, text in logs.items() if (found := token_pattern.search(text))] == []
