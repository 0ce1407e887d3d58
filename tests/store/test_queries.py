"""Statements are compiled when they are first run; here each of them is, so that none is wrong."""

import gc
import importlib

from engage.db.session import Query
from tests.policy.source import sources

LEAST = 500
"""A search that finds few has lost its way."""


def test_every_statement_compiles() -> None:
    """Whatever a module of ours keeps as a statement can be one, with numbered placeholders."""
    for source in sources():
        if not source.name.endswith("__main__") and ".migrations." not in source.name:
            importlib.import_module(source.name)
    # What was loaded before the first test was set aside (tests/conftest.py).
    gc.unfreeze()
    found = [one for one in gc.get_objects() if isinstance(one, Query)]
    gc.freeze()

    assert len(found) >= LEAST
    assert all(one.sql for one in found)
