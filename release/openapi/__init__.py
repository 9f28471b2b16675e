"""The API's description (OpenAPI 3.1), generated from the code: `build` writes it next to the Lambda handler that
serves it, and `make openapi` writes `docs/api.md` for people as well.

The `*_routes` modules list what each route takes and returns, the `*_schemas` modules the bodies (the domain's own
classes where there are any); `document` and `api_docs` generate the two files. A new route is added to `template.yaml`,
to its handler and to one of the `*_routes` modules; a test compares the three, and another sends requests that the
description allows to the real API.
"""
