-- From two months back to a year ahead; the worker makes the months after that.
SELECT ensure_partitions(now() - interval '2 months', 15);
