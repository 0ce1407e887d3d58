"""The queue room: care managers' work.

What needs a person becomes a QueueItem with a named owner and a due time. This room refuses an item
without either, and it never closes one by itself.
"""
