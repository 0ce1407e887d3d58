"""Check-ins: what is asked of a person again and again, when, and which answers bring a human.

Scripts are data that a clinician reviews, plans are schedules by the wall clock of the person's own
zone. This room refuses to text: an occurrence that is due goes through the one door, turns.
"""
