"""Two records of one person: merged into the one that is kept, and apart again.

Work about one thing is open once for a person; of two records in danger both stay in view, one
under its own subject and one under a subject that says where it came from. This room refuses to
hide one behind the other.
"""

_FROM = "merged/"


def marked(subject: str, of: object) -> str:
    """Return the subject of work that came with a merged record and stands beside the kept one."""
    return f"{_FROM}{of}:{subject}"


def unmarked(subject: str) -> str:
    """Return what work is about, whichever record it came with."""
    return subject.partition(":")[2] if subject.startswith(_FROM) else subject
