"""Evidence: what became of what was begun, and who can't be reached. Nothing here changes a row."""
