"""Empty: what the state machine itself takes is measured."""


def handler(_event, _context):
    return {"state": "GRADED"}
