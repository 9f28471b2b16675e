"""Emptying a versioned bucket before its stack is deleted: everything is removed, and nothing by mistake."""

import sys
from typing import Any

import pytest

from release import empty_bucket
from tests.integration.moto_cloud import DOCUMENTS, TEMP, MotoCloud


def test_one_bucket_is_emptied_completely_and_no_other(cloud: MotoCloud) -> None:
    s3 = cloud.client("s3")
    for _ in range(3):
        cloud.put("drop/a.pdf", b"x")
    s3.delete_object(Bucket=TEMP, Key="drop/a.pdf")
    s3.create_multipart_upload(Bucket=TEMP, Key="uploads/1")
    s3.put_object(Bucket=DOCUMENTS, Key="documents/1", Body=b"kept")
    assert empty_bucket.empty_bucket(s3, TEMP) == 4
    s3.delete_bucket(Bucket=TEMP)
    assert s3.get_object(Bucket=DOCUMENTS, Key="documents/1")["Body"].read() == b"kept"


def test_objects_that_cannot_be_deleted_are_reported() -> None:
    class Locked:
        def get_paginator(self, _: str) -> "Locked":
            return self

        def paginate(self, **_: Any) -> list[dict[str, Any]]:
            return [{"Versions": [{"Key": "a", "VersionId": "1"}]}]

        def delete_objects(self, **_: Any) -> dict[str, Any]:
            return {"Errors": [{"Key": "a", "Code": "AccessDenied"}]}

    with pytest.raises(RuntimeError, match="a: AccessDenied"):
        empty_bucket.empty_bucket(Locked(), "bucket")


def test_the_bucket_name_must_be_confirmed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cloud: MotoCloud
) -> None:
    cloud.put("drop/a.pdf", b"x")
    for given in ([TEMP], [TEMP, "--yes", DOCUMENTS]):
        monkeypatch.setattr(sys, "argv", ["empty_bucket.py", *given])
        assert empty_bucket.main() == 2
        assert f"--yes {TEMP}" in capsys.readouterr().out
    assert cloud.client("s3").list_object_versions(Bucket=TEMP)["Versions"]
