"""Marks free text without a model: key points found in the answer, turned into marks by fitted curves."""
