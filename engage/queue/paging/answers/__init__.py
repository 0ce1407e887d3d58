"""Answers that turn out to be none."""
