"""The API's description matches the code: every route and no other, and every error class with its status."""

import json
import re

import pytest

from core.models import errors
from extract import page_app
from local.cloud.stack import Stack
from receive import app as receive_app
from release.openapi import api_docs
from release.openapi.document import openapi_document, status_of
from release.openapi.route_model import Route
from release.openapi.routes import ROUTES
from results import app as results_app
from results import feedback_app
from tests.template.asl import ROOT

DESCRIBED = {(route.method, route.path) for route in ROUTES}


def test_the_committed_description_is_current() -> None:
    assert api_docs.FILE.read_text(encoding="utf-8") == api_docs.text(), "`make openapi` writes it"


def test_exactly_the_routes_of_the_template_are_described() -> None:
    stack = Stack(ROOT / "template.yaml", secret=str)
    assert {(route.method, route.path) for route in stack.routes} == DESCRIBED
    opened = {(route.method, route.path) for route in stack.routes if not route.requires_token}
    assert opened == {(route.method, route.path) for route in ROUTES if route.open}


def test_exactly_the_routes_of_the_handlers_are_described() -> None:
    found = set()
    for resolver in (receive_app.app, results_app.app, feedback_app.app, page_app.app):
        for route in (*resolver._static_routes, *resolver._dynamic_routes):
            methods = [route.method] if isinstance(route.method, str) else route.method
            found |= {(method, _shape(route.path)) for method in methods}
    assert found == {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in DESCRIBED}


def _shape(path: str) -> str:
    return re.sub(r"<\w+>", "{}", path)


def test_every_request_error_is_described_with_its_status() -> None:
    described = {error for route in ROUTES for error in route.error_types} | {errors.NotPermitted, errors.NotFound}
    # A dropped object is refused by a report in the bucket, not by a response.
    assert set(errors.RequestRefused.__subclasses__()) - described == {errors.InvalidDropKey}
    for error in described:
        assert 400 <= status_of(error) < 500 or issubclass(error, errors.TransientError), error


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_path_parameter_is_declared(route: Route) -> None:
    named = {one.name for one in route.parameters if one.location == "path"}
    assert named == set(re.findall(r"\{(\w+)\}", route.path))


def test_every_schema_is_defined_and_referenced() -> None:
    document = openapi_document()
    defined = set(document["components"]["schemas"])
    referenced = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert referenced == defined
