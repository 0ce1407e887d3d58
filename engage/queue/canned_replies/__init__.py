"""Rows of the replies that a practice keeps ready."""
