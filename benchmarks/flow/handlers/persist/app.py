"""Empty: what the state machine itself takes is measured."""


def handler(_state, _context):
    return {"sha256": "0", "duplicate_of": None}
