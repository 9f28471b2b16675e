"""Free text by a model: the prompt, the calls with all their endings, the prices."""
