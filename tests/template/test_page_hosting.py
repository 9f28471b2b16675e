"""The hosted page can be reached only through CloudFront, and its policy allows no foreign connections."""

import re
from typing import Any

import pytest

from local.cloud.local_cloud import ROOT
from local.cloud.stack import Stack
from tests.template.cloudformation import TEMPLATE, parse

PARAMETERS = {"WebOrigin": "http://localhost:1", "JwtIssuer": "http://127.0.0.1:1", "JwtAudience": "page"}


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    found: dict[str, Any] = parse(TEMPLATE.read_text(encoding="utf-8"))["Resources"]
    return {name: body.get("Properties", {}) for name, body in found.items()}


def policy_of(text: str) -> dict[str, list[str]]:
    parts = (part.split() for part in text.split(";") if part.strip())
    return {name: sources for name, *sources in parts}


@pytest.fixture(scope="module")
def policy(resources: dict[str, Any]) -> dict[str, list[str]]:
    headers = resources["PageHeaders"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    text, _ = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    return policy_of(text)


def test_only_this_stacks_distribution_can_read_the_bucket(resources: dict[str, Any]) -> None:
    statements = resources["WebBucketPolicy"]["PolicyDocument"]["Statement"]
    [allowed] = [one for one in statements if one["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Action"] == "s3:GetObject"
    assert "distribution/${Page}" in allowed["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]
    origin = resources["Page"]["DistributionConfig"]["Origins"][0]
    assert origin["OriginAccessControlId"] == {"Ref": "PageAccess"}
    assert resources["PageAccess"]["OriginAccessControlConfig"]["SigningBehavior"] == "always"


def test_the_page_is_served_over_https_only(resources: dict[str, Any]) -> None:
    behaviour = resources["Page"]["DistributionConfig"]["DefaultCacheBehavior"]
    assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    assert behaviour["AllowedMethods"] == ["GET", "HEAD"]
    assert behaviour["ResponseHeadersPolicyId"] == {"Ref": "PageHeaders"}
    headers = resources["PageHeaders"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31536000


def test_the_page_policy_allows_only_its_own_scripts_and_apis(policy: dict[str, list[str]]) -> None:
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert [source for source in policy["connect-src"] if "*" in source] == [
        "https://*.execute-api.${AWS::Region}.${AWS::URLSuffix}"
    ]


def test_index_html_narrows_the_policy_to_one_api(policy: dict[str, list[str]]) -> None:
    outputs = parse(TEMPLATE.read_text(encoding="utf-8"))["Outputs"]
    text, _ = outputs["PageSources"]["Value"]["Fn::Sub"]
    api, *others = text.split()
    assert api == outputs["ApiUrl"]["Value"]["Fn::Sub"]
    assert ["'self'", "https://*.execute-api.${AWS::Region}.${AWS::URLSuffix}", *others] == policy["connect-src"]


def test_the_local_page_has_the_same_policy(policy: dict[str, list[str]]) -> None:
    stack = Stack(
        ROOT / "template.yaml", parameters=PARAMETERS, secret=lambda _: "s", endpoint_url="http://127.0.0.1:1"
    )
    local = policy_of(stack.page_security_policy())
    assert local.pop("connect-src") == ["'self'", "http://127.0.0.1:1"]
    assert local == {name: sources for name, sources in policy.items() if name != "connect-src"}


def test_sign_in_redirects_only_to_the_page(resources: dict[str, Any]) -> None:
    client = resources["UserPoolClient"]
    assert client["AllowedOAuthFlows"] == ["code"]
    assert "GenerateSecret" not in client
    for address in ("CallbackURLs", "LogoutURLs"):
        [back] = client[address]
        urls = [one["Fn::Sub"] for one in back["Fn::If"][1:]]
        assert urls == ["https://${PageDomain}/", "https://${Page.DomainName}/"]
    assert re.search(r"custom:tenant", str(client["ReadAttributes"]))
    assert client["WriteAttributes"] == ["email"]


def test_the_page_is_the_only_allowed_origin(resources: dict[str, Any]) -> None:
    [api] = resources["Api"]["CorsConfiguration"]["AllowOrigins"]
    [rule] = resources["TempBucket"]["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == [api]
    condition, own, given = api["Fn::If"]
    assert (condition, given) == ("UsesOwnPage", {"Ref": "WebOrigin"})
    assert own["Fn::If"] == [
        "HasPageDomain",
        {"Fn::Join": ["", ["https://", {"Ref": "PageDomain"}]]},
        {"Fn::Sub": "https://${Page.DomainName}"},
    ]
