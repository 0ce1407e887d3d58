"""Practices and their staff, in the database: `store.py`."""
