"""Empty handler, to measure the state machine itself."""


def handler(_state: object, _context: object) -> dict[str, object]:
    return {"sha256": "0", "duplicate_of": None}
