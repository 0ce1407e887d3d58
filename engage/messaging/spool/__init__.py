"""What the carrier says while the database is away: kept sealed on our own disk, in order.

A request is acknowledged only after its file and the directory that names it have been fsynced.
This room refuses to judge what it keeps: who reads an entry verifies it again.
"""
