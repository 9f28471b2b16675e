"""Checks that the routes of the template are the routes that the Lambda handlers answer. Checks return sentences."""

import re
from collections.abc import Iterable, Mapping

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from tests.template.cloudformation import Function

Route = tuple[str, str]


def routes_that_differ(function: Function, answered: Iterable[Route]) -> list[str]:
    """Differences between the function's HttpApi events and the routes that its resolver answers."""
    given = {
        _normalise(event["Properties"]["Method"], event["Properties"]["Path"]) for event in function.events("HttpApi")
    }
    wanted = {_normalise(*route) for route in answered}
    found = [
        f"{function.name} is routed {' '.join(route)}, which it does not answer" for route in sorted(given - wanted)
    ]
    return found + [f"{function.name} is never routed {' '.join(route)}" for route in sorted(wanted - given)]


def routes_of_resolver(app: APIGatewayHttpResolver) -> list[Route]:
    """The routes registered with a resolver. Powertools has no public list of them without its OpenAPI extra."""
    routes = [*app._static_routes, *app._dynamic_routes]
    return [(method, route.path) for route in routes for method in _listed(route.method)]


def duplicate_routes(routes: Mapping[str, Iterable[Route]]) -> list[str]:
    """Routes that two functions answer."""
    all_routes = [_normalise(*route) for answered in routes.values() for route in answered]
    return sorted({f"{' '.join(route)} is answered twice" for route in all_routes if all_routes.count(route) > 1})


def _normalise(method: str, path: str) -> Route:
    """The route with unnamed path parameters: the template writes {id}, a resolver <submission_id>."""
    return method.upper(), re.sub(r"\{\w+\}|<\w+>", "{}", path)


def _listed(method: str | list[str]) -> list[str]:
    return [method] if isinstance(method, str) else list(method)
