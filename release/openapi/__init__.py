"""The API's description (OpenAPI 3.1), made from the code: `make openapi` writes it beside the door that serves it, and
`docs/api.md` for people.

`routes` says what each address takes and answers, `answers` what the bodies look like (the domain's own classes where
it has them), `document` and `page` put them together. A new route stands in `template.yaml`, in its door and in
`routes`; a test holds the three against each other, and another sends what the description allows to the real API.
"""
