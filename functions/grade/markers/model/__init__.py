"""Marks free text with a language model: prompt, calls and their failures, replies, prices."""
