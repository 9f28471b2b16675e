"""Stands in for grading."""

from behaviour import answer


def handler(_state, _context):
    return answer("grade", {"state": "GRADED"})
