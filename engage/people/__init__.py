"""People: practices, patients, caregivers, staff, and the phones they can be reached on.

The room keeps who somebody is, what they agreed to and who may see what about them. It refuses to
treat a phone number as a person: one phone may be a household's, and a number changes hands.
"""
