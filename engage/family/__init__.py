"""What a family does together around a person: what each may read, and who does what.

Everything that is read is a record (facts.py) that went through `people.sharing.shown`; the rest is
about errands. This room refuses to show a thing that did not.
"""
