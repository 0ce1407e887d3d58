"""The lists of people whom texts don't reach, read for `measures/reach.py` to judge."""
