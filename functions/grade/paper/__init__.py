"""A question paper, as printed: from its transcript to the tree of questions."""
