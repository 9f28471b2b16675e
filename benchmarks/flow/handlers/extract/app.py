"""Empty handler, to measure the state machine itself."""


def handler(_state, _context):
    return {"sha256": "0"}
