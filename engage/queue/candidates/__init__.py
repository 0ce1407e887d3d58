"""Replies that somebody says were read wrongly: proposed, looked at, approved or rejected.

"Wrong label" teaches the next reader and changes nothing else: no item is lowered, closed or moved
by it. This room refuses to let words out that nobody approved.
"""
