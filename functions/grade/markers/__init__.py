"""Markers of free text: key points without a model, or a language model."""
