"""Messaging: texts in and out, and what the carrier says became of them.

The room stores a text before anything else can go wrong, sends what is due and lawful, and follows
each delivery to its end. It refuses to read meaning into a text and never calls up into a turn.
"""
