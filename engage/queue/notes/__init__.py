"""Rows of what staff write beside a piece of work."""
