"""The loops that do what is due, and the bell that wakes them.

Work is found in PostgreSQL, claimed by lease, done one row at a time; Redis carries the name of a
loop and nothing else. Losing Redis, or ringing for nothing, changes only when, never what.
"""
