"""Needs as rows: episodes, and the history that is only added to."""
