"""What caregivers and patients read and do: one API for both, a patient's being the whole of it.

Each route says what right it needs (`marks.family`); what is read went through `shown`. This room
refuses to say that something is hidden: what may not be seen is a 404, or is not there.
"""
