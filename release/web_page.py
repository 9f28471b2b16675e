"""Uploads the web page of a deployed stack: python release/web_page.py STAGE, after the deployment.

Uploads web/ and the documents of `results.page_documents` to the stack's bucket, with the stack's settings
(config.json, and in index.html a policy that names the APIs it may call), deletes files that are no longer part of the
page, and invalidates CloudFront's cache.
"""

import argparse
import json
import mimetypes
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from results.page_documents import page_documents

ROOT = Path(__file__).resolve().parent.parent
# CloudFront caches for a day (a release invalidates its cache); browsers revalidate their copy on every use.
_EDGE_CACHED = "public, max-age=0, s-maxage=86400, must-revalidate"
_NO_STORE = "no-store"
_HEAD = "<head>"


def main() -> int:
    parser = argparse.ArgumentParser(description="Upload the web page of a deployed stack.")
    parser.add_argument("stage", help="a section of samconfig.toml: dev, staging, prod")
    stage = parser.parse_args().stage
    import boto3

    stack = stack_name(ROOT / "samconfig.toml", stage)
    outputs = stack_outputs(boto3.client("cloudformation"), stack)
    files = dict(page_files(ROOT / "web", outputs))
    uploaded, deleted = upload(boto3.client("s3"), outputs["WebBucketName"], files)
    clear_cache(boto3.client("cloudfront"), outputs["PageDistribution"])
    print(f"{uploaded} files uploaded, {deleted} deleted: {outputs['PageUrl']}")
    return 0


def stack_name(config: Path, stage: str) -> str:
    tree = tomllib.loads(config.read_text(encoding="utf-8"))
    if stage not in tree:
        sys.exit(f"{config.name} has no stage {stage!r}.")
    return str(tree[stage]["deploy"]["parameters"]["stack_name"])


def stack_outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    """Return the outputs of a CloudFormation stack by key."""
    outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def page_files(web: Path, outputs: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield the names and bytes of all files of the page, config.json included."""
    for path in sorted(web.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            name = path.relative_to(web).as_posix()
            yield (
                name,
                with_content_policy(body.decode(), outputs["PageSources"]).encode() if name == "index.html" else body,
            )
    yield from page_documents().items()
    yield "config.json", json.dumps(page_config(outputs), indent=1).encode()


def page_config(outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that web/js/session.js reads from config.json."""
    return {"apiUrl": outputs["ApiUrl"], "issuer": outputs["Issuer"], "clientId": outputs["Audience"]}


def with_content_policy(html: str, sources: str) -> str:
    """Add a content security policy to index.html that allows connections to this stack's API only.

    A browser enforces both this policy and the one in CloudFront's header.

    Raises
    ------
    ValueError
        The page has no <head>.
    """
    if _HEAD not in html:
        raise ValueError("index.html has no <head>.")
    meta = f'<meta http-equiv="Content-Security-Policy" content="connect-src \'self\' {sources}" />'
    return html.replace(_HEAD, f"{_HEAD}\n    {meta}", 1)


def upload(s3: Any, bucket: str, files: Mapping[str, bytes]) -> tuple[int, int]:
    """Upload the files, index.html last, and delete all other objects. Return the number uploaded and deleted."""
    for name in sorted(files, key=lambda name: (name == "index.html", name)):
        s3.put_object(
            Bucket=bucket,
            Key=name,
            Body=files[name],
            ContentType=_content_type(name),
            CacheControl=_NO_STORE if name == "config.json" else _EDGE_CACHED,
        )
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    old = [item["Key"] for found in pages for item in found.get("Contents", ()) if item["Key"] not in files]
    for name in old:
        s3.delete_object(Bucket=bucket, Key=name)
    return len(files), len(old)


def _content_type(name: str) -> str:
    if name.endswith(".js"):
        return "text/javascript; charset=utf-8"
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith(("text/", "application/json")) else kind


def clear_cache(cloudfront: Any, distribution: str) -> None:
    """Invalidate CloudFront's whole cache."""
    cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(time.time_ns())},
    )


if __name__ == "__main__":
    sys.exit(main())
