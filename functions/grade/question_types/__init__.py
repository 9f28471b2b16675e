"""Objective question types, marked in code: choice, true/false, numeric, exact and pattern."""
