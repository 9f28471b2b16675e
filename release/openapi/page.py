"""docs/api.md: the same for people who write a client."""

from pathlib import Path

from core import errors
from release.openapi.document import status_of
from release.openapi.routes import ROUTES, Route

FILE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
_HEAD = """\
# The API

Made from the code by `make openapi`; the same as OpenAPI 3.1 is served at `GET /openapi.json` (no token). `make api` sends what it allows to the real API on the local cloud and holds the answers against it.

- **Who asks.** `Authorization: Bearer …`, a JWT whose claim `custom:tenant` (or `tenant`) names the tenant; nothing of another tenant's is ever there (404). `gradeline serve` prints a token.
- **Errors** are problem documents (RFC 9457, `application/problem+json`): `type` is `urn:gradeline:problem:` and the error's name, `detail` a sentence that says what to do. What the gateway refuses itself (401, 413, 429) is `{"message": …}`.
- **Again.** Every request may be sent again: the same file is the same submission. Do so for 429 and 503, behind `Retry-After` where it is given.
- **Waiting.** `Prefer: wait=20` at `GET /submissions/{id}` answers at the ending, or after that many (at most 20) seconds.
- **Changing.** An answer with marks has an `ETag`; a change with `If-Match` is refused (412) where somebody was faster.
- **Lists** come in pages: ask again with the `next` of the answer until it is null.
- **Other origins.** CORS answers the page's own origin alone (`WebOrigin`).

```
curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/pdf" --data-binary @sheet.pdf \\
  "$API/submissions?assessment=biology-7a&kind=answer_sheet&student=Ada"
curl -H "Authorization: Bearer $TOKEN" -H "Prefer: wait=20" "$API/submissions/$ID"
```

| Route | What it does | Answers | Refuses with |
|---|---|---|---|
"""


def text() -> str:
    return _HEAD + "".join(map(_row, ROUTES))


def _row(route: Route) -> str:
    refusals: list[type[errors.GradelineError]] = [*route.refusals]
    if "{" in route.path:
        refusals.append(errors.NotFound)
    names = (f"{status_of(error)} {error.__name__}" for error in refusals)
    answers = " ".join(map(str, route.answers))
    return f"| `{route.method} {route.path}` | {route.summary} | {answers} | {', '.join(sorted(set(names)))} |\n"
