"""The sample question paper, marking scheme and five answer sheets that `gradeline demo` grades."""
