"""The register: how many patients are written at once, in the database: `store.py`."""
