"""The API's description (OpenAPI 3.1), made from the code: `python -m release.openapi` writes it beside the door that
serves it.

`routes` says what each address takes and answers, `answers` what the bodies look like (the domain's own classes where
it has them), `document` puts them together. A new route stands in `template.yaml`, in its door and in `routes`; a test
holds the three against each other, and another sends what the description allows to the real API.
"""
