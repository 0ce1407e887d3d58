"""The JSON API: one file per resource, each with its own outward Structs.

A route loads, decides and answers; what it may see is the caller's, what went wrong is a problem
(problems.py), what comes in is refused unless it is exactly what was asked for (reading.py). This
room refuses SQL outside store.py, rows, and any answer that repeats what was sent.
"""
