"""The page of a deployed stack: python release/web_page.py STAGE, after the deployment.

Uploads web/ into the stack's bucket with what it has to know of this stack (config.json, and in index.html which API it
may talk to), takes away what is no part of it any more, and clears CloudFront's cache.
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

ROOT = Path(__file__).resolve().parent.parent
# At the edge for a day (a release clears it); a browser asks each time whether its copy is still the one.
_EDGE_CACHED = "public, max-age=0, s-maxage=86400, must-revalidate"
_NO_STORE = "no-store"
_HEAD = "<head>"


def main() -> int:
    parser = argparse.ArgumentParser(description="Upload the page of a deployed stack.")
    parser.add_argument("stage", help="a section of samconfig.toml: dev, staging, prod")
    stage = parser.parse_args().stage
    import boto3

    stack = stack_name(ROOT / "samconfig.toml", stage)
    outputs = stack_outputs(boto3.client("cloudformation"), stack)
    files = dict(page_files(ROOT / "web", outputs))
    uploaded, deleted = upload(boto3.client("s3"), outputs["WebBucketName"], files)
    clear_cache(boto3.client("cloudfront"), outputs["PageDistribution"])
    print(f"{uploaded} files uploaded, {deleted} taken away: {outputs['PageUrl']}")
    return 0


def stack_name(config: Path, stage: str) -> str:
    tree = tomllib.loads(config.read_text(encoding="utf-8"))
    if stage not in tree:
        sys.exit(f"{config.name} has no stage {stage!r}.")
    return str(tree[stage]["deploy"]["parameters"]["stack_name"])


def stack_outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    """What the stack says of itself."""
    found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    return {one["OutputKey"]: one["OutputValue"] for one in found}


def page_files(web: Path, outputs: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of everything that the page is made of."""
    for path in sorted(web.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            name = path.relative_to(web).as_posix()
            yield (
                name,
                with_content_policy(body.decode(), outputs["PageSources"]).encode() if name == "index.html" else body,
            )
    yield "config.json", json.dumps(page_config(outputs), indent=1).encode()


def page_config(outputs: Mapping[str, str]) -> dict[str, str]:
    """What web/js/session.js reads."""
    return {"apiUrl": outputs["ApiUrl"], "issuer": outputs["Issuer"], "clientId": outputs["Audience"]}


def with_content_policy(html: str, sources: str) -> str:
    """index.html with a policy of its own: of all APIs this one. A browser holds both, this and CloudFront's."""
    if _HEAD not in html:
        raise ValueError("index.html has no <head>.")
    meta = f'<meta http-equiv="Content-Security-Policy" content="connect-src \'self\' {sources}" />'
    return html.replace(_HEAD, f"{_HEAD}\n    {meta}", 1)


def upload(s3: Any, bucket: str, files: Mapping[str, bytes]) -> tuple[int, int]:
    """Put the files there, index.html last, and delete what else lies there; how many of each."""
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
    """Have the edge forget what it keeps."""
    cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(time.time_ns())},
    )


if __name__ == "__main__":
    sys.exit(main())
