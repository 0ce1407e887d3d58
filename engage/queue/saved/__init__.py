"""Rows of the lists that somebody keeps at hand."""
