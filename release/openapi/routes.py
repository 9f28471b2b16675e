"""All routes of the API, in the order of the documents."""

from release.openapi import assessment_routes, submission_routes
from release.openapi.route_model import Route

ROUTES: tuple[Route, ...] = (*submission_routes.ROUTES, *assessment_routes.ROUTES)
