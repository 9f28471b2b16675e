"""The description of the API says what the code does: every route, no other, and every error class by its status."""

import json
import re

import pytest

from core.models import errors
from extract import page_app
from local.cloud.stack import Stack
from receive import app as receive_app
from release.openapi import api_docs
from release.openapi.document import FILE, openapi_document, status_of, text
from release.openapi.routes import ROUTES
from results import app as results_app
from results import feedback_app
from tests.template.asl import ROOT

DESCRIBED = {(route.method, route.path) for route in ROUTES}


def test_the_file_that_is_served_is_the_one_that_the_code_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "`make openapi` writes it"
    assert api_docs.FILE.read_text(encoding="utf-8") == api_docs.text(), "`make openapi` writes it"


def test_every_route_of_the_template_is_described_and_no_other() -> None:
    stack = Stack(ROOT / "template.yaml", secret=str)
    assert {(route.method, route.path) for route in stack.routes} == DESCRIBED
    opened = {(route.method, route.path) for route in stack.routes if not route.requires_token}
    assert opened == {(route.method, route.path) for route in ROUTES if route.open}


def test_every_route_of_the_doors_is_described_and_no_other() -> None:
    found = set()
    for door in (receive_app.app, results_app.app, feedback_app.app, page_app.app):
        for route in (*door._static_routes, *door._dynamic_routes):
            methods = [route.method] if isinstance(route.method, str) else route.method
            found |= {(method, _shape(route.path)) for method in methods}
    assert found == {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in DESCRIBED}


def _shape(path: str) -> str:
    return re.sub(r"<\w+>", "{}", path)


def test_every_error_of_a_door_is_answered_somewhere_by_its_own_status() -> None:
    described = {error for route in ROUTES for error in route.error_types} | {errors.NotPermitted, errors.NotFound}
    # A drop is refused by a report beside it, not by an answer.
    assert set(errors.RequestRefused.__subclasses__()) - described == {errors.InvalidDropKey}
    for error in described:
        assert 400 <= status_of(error) < 500 or issubclass(error, errors.TransientError), error


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_what_stands_in_a_path_is_a_parameter_of_the_route(route: object) -> None:
    from release.openapi.routes import Route

    assert isinstance(route, Route)
    named = {one.name for one in route.parameters if one.location == "path"}
    assert named == set(re.findall(r"\{(\w+)\}", route.path))


def test_every_reference_leads_somewhere_and_everything_is_referred_to() -> None:
    made = openapi_document()
    there = set(made["components"]["schemas"])
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(made)))
    assert named == there
