"""The auditor: a second pair of eyes, which believes nothing that the loops say of themselves.

It signs in with a login of its own that can read ids, moments and counts and change nothing, looks
at every practice, and says what does not hold (checks.py). It shares no code and no statement with
the rooms it watches; import-linter holds it below them. Who is told, and the heartbeat, are
jobs/auditing.py. docs/decisions/0018 has the reasons. This room refuses personal data.
"""
