"""Answer keys and marking schemes: parses documents and matches their entries with the paper's questions."""
