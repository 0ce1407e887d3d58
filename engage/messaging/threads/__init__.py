"""Threads: all texts about one person on one line, as staff read them."""
