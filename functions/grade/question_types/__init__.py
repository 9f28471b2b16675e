"""Objective answers, decided in code: choices, quantities, exact wordings, patterns."""
