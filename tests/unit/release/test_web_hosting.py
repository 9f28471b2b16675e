"""Uploading the web page: all of web/, its configuration, and no files of an earlier release."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.cloud.local_cloud import ROOT
from release.web_page import (
    clear_cache,
    page_config,
    page_files,
    stack_name,
    stack_outputs,
    upload,
    with_content_policy,
)
from results.page_documents import page_documents

BUCKET = "gradeline-dev-web-123456789012"
OUTPUTS = {
    "ApiUrl": "https://abc.execute-api.eu-west-1.amazonaws.com",
    "PageSources": "https://abc.execute-api.eu-west-1.amazonaws.com https://cognito-idp.eu-west-1.amazonaws.com",
    "Issuer": "https://cognito-idp.eu-west-1.amazonaws.com/pool",
    "Audience": "client",
    "WebBucketName": BUCKET,
}


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_all_files_are_uploaded_and_old_files_deleted(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="js/old.js", Body=b"old")
    files = dict(page_files(ROOT / "web", OUTPUTS))
    assert upload(s3, BUCKET, files) == (len(files), 1)
    names = {item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    here = {path.relative_to(ROOT / "web").as_posix() for path in (ROOT / "web").rglob("*") if path.is_file()}
    assert names == here | {"config.json", *page_documents()}
    for name, kind in (
        ("index.html", "text/html"),
        ("js/app.js", "text/javascript"),
        ("style.css", "text/css"),
        ("icon.svg", "image/svg+xml"),
        ("words.json", "application/json"),
    ):
        head = s3.head_object(Bucket=BUCKET, Key=name)
        assert head["ContentType"].startswith(kind)
        assert "must-revalidate" in head["CacheControl"]
    assert s3.head_object(Bucket=BUCKET, Key="config.json")["CacheControl"] == "no-store"


def test_the_page_is_configured_for_its_stack() -> None:
    files = dict(page_files(ROOT / "web", OUTPUTS))
    assert json.loads(files["config.json"]) == page_config(OUTPUTS)
    assert page_config(OUTPUTS) == {"apiUrl": OUTPUTS["ApiUrl"], "issuer": OUTPUTS["Issuer"], "clientId": "client"}
    html = files["index.html"].decode()
    assert f"content=\"connect-src 'self' {OUTPUTS['PageSources']}\"" in html
    assert html.index("Content-Security-Policy") < html.index("<link")
    assert files["js/app.js"] == (ROOT / "web" / "js" / "app.js").read_bytes()


def test_a_page_without_a_head_is_not_uploaded() -> None:
    with pytest.raises(ValueError, match="no <head>"):
        with_content_policy("<p>page", "https://x")


def test_the_stack_name_comes_from_the_stage() -> None:
    assert stack_name(ROOT / "samconfig.toml", "prod") == "gradeline-prod"
    with pytest.raises(SystemExit, match="no stage 'moon'"):
        stack_name(ROOT / "samconfig.toml", "moon")


class FakeAws:
    """As much of CloudFront and CloudFormation as the upload uses."""

    def __init__(self) -> None:
        self.invalidation: dict[str, Any] = {}

    def create_invalidation(self, **request: Any) -> None:
        self.invalidation = request

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - boto3's own name
        return {"Stacks": [{"Outputs": [{"OutputKey": "ApiUrl", "OutputValue": StackName}]}]}


def test_the_whole_cloudfront_cache_is_invalidated() -> None:
    aws = FakeAws()
    clear_cache(aws, "E123")
    assert aws.invalidation["DistributionId"] == "E123"
    assert aws.invalidation["InvalidationBatch"]["Paths"] == {"Quantity": 1, "Items": ["/*"]}
    assert stack_outputs(aws, "gradeline-dev") == {"ApiUrl": "gradeline-dev"}
