"""Answers that speak to the grader: found, cut out before marking, shown to a person."""
