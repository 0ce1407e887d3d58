"""Rows of who has which piece of work open."""
