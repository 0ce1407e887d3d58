"""HL7 v2 over MLLP: what a hospital's interface engine says of stays and of appointments.

A message is recorded before anything is done with it, and acknowledged after the commit. This room
refuses to decide what a discharge means (checkins) or where an appointment stands (appointments),
and it never repeats in an answer what a message said.
"""
