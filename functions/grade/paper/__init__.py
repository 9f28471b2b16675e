"""Parses a question paper: from its transcript to the tree of questions."""
