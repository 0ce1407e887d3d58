"""Conversations: one run of a script with one person, decided purely. (p).

Events come in, a `Step` (new state and effects) goes out. This room refuses clocks, storage,
carriers and words: it names texts by id and lets messaging find the sentence.
"""
