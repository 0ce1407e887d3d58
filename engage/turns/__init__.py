"""The turns room: the one door through which everything that happens to a person goes.

Load (store.py), decide (decide.py, pure), save (store.py); take.py puts the three beats together.
This room refuses a second door: nothing else writes answers, flags, items, texts or consent.
"""
