"""Rows of work that was joined to other work."""
