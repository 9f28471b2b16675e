"""A question paper, its marking scheme and five answer sheets: what `gradeline demo` grades."""
