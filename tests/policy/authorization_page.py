"""Draws docs/authorization.md: who may do what, as the tests hold the app to it.

`python -m tests.policy.authorization_page > docs/authorization.md` after a change of the declared
table. It is drawn from that table and from the description of the routes, and says nothing else.
"""

import sys

from engage.api.app import DOORS, SIMULATOR, V1
from tests.policy.test_authorization_table import (
    OPEN_TO,
    OPEN_TO_ANYBODY,
    OPEN_TO_FAMILY,
    OPEN_TO_ONESELF,
)

HEAD = """\
# Who may do what

Made by `python -m tests.policy.authorization_page > docs/authorization.md` from the table that
[test_authorization_table.py](../tests/policy/test_authorization_table.py) declares. One test fails
when this page is not current, another when a route stands in no table.
[test_matrix.py](../tests/api/test_matrix.py) sends every operation as everybody below, for records
of one's own patient, of a colleague's, of a restricted one, of a merged one, of another practice,
of another kind and for made-up ids, and compares what is answered with what follows from here.

- A role counts in the practice in which it is held. A record of another practice and one that does
  not exist are answered with the same bytes, a 404.
- All staff of a practice see all its patients: who a patient is assigned to says who answers for
  them, not who may look. Every look is in the audit. A [restricted](restricted.md) record is closed
  to staff of every role who are not theirs: a 403 `restricted-record`, and in lists a row without
  a name. A reason opens it for an hour (`breakGlass`), and supervisors are told.
- A caregiver or a patient reaches what is their own, and of a patient what that patient allows: a
  category (visits, check-ins, needs, rides, messages, documents) and a verb (see, answer, act).
  What is not allowed is not there: a 404. Of themselves a patient may all of it.
- Row-level security in the database stands behind all of it: [data-map.md](data-map.md).
- No role stands above the practices: what concerns a whole deployment is done by commands, on its
  machines.
"""

COLUMNS = ("care_manager", "supervisor", "practice_admin")


def page() -> str:
    """Return the page."""
    said = {str(one.operation_id): str(one.summary) for one in (*V1, *DOORS, *SIMULATOR)}
    lines = [HEAD, "## Staff", "", "| operation | | care manager | supervisor | practice admin |"]
    lines.append("|---|---|---|---|---|")
    for name, roles in sorted(OPEN_TO.items()):
        marks = " | ".join("yes" if role in roles else "" for role in COLUMNS)
        lines.append(f"| `{name}` | {said[name]} | {marks} |")
    lines += ["", "## Families", "", "| operation | | what the patient allows |", "|---|---|---|"]
    for name, right in sorted(OPEN_TO_FAMILY.items()):
        allowed = f"{right.verb} {right.category or 'anything'}"
        lines.append(f"| `{name}` | {said[name]} | {'(own)' if right.own else allowed} |")
    for title, table in (
        ("Whoever is signed in", OPEN_TO_ONESELF),
        ("Anybody, and the lock that stands there instead", OPEN_TO_ANYBODY),
    ):
        lines += ["", f"## {title}", "", "| operation | | what it is about |", "|---|---|---|"]
        lines += [f"| `{name}` | {said[name]} | {why} |" for name, why in sorted(table.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
