"""Free text without a model: key points found in the answer, under fitted curves."""
