"""In which practice a record stands: one look by key before anything else is loaded."""
