"""Restricted records as they are kept: what is restricted, who opened it, who read it."""
