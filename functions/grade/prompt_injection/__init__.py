"""Prompt injection in answers: detected, removed before marking, and flagged for review."""
