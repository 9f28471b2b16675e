"""Answer keys and marking schemes: read from documents, joined to the paper's tree."""
