"""Empty handler, to measure the state machine itself."""


def handler(_event, _context):
    return {"state": "GRADED"}
