"""`make bench`: the product measured beside bare PostgreSQL, in one run on one machine.

Nothing here is a gate: it prints a table. Only its arithmetic has tests (test_bench.py).
docs/performance.md says what the figures mean. This room refuses shortcuts: real durability, real
processes, real signatures, and the rows are counted afterwards.
"""
