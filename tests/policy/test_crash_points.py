"""R2: every effect has a crash point beside it; one that has none is found here.

An effect is what can't be taken back: a request to the carrier, a commit, a file that is renamed or
removed, a row that a loop has taken. Whoever adds one adds a point to engage/crash.py, and
tests/storm then dies there.
"""

import ast
from collections import Counter

import pytest

from engage.crash import POINTS
from tests.policy.source import Source, sources

CARRIER = frozenset({"send", "find", "fetch", "arrived", "blank"})
"""The carrier's port: called on something named carrier."""
DISK = frozenset({"rename", "remove"})
ROOMS = (
    "engage.messaging.",
    "engage.turns.",
    "engage.jobs.",
    "engage.api.drain",
    "engage.api.intake",
    "engage.queue.",
)

COVERED = {
    # function: why no point of its own stands in it
    "engage.messaging.outbox:_post": "send.sending and send.answered stand around it",
    "engage.messaging.outbox:_in_turn": "whoever calls it has the points",
    "engage.queue.paging:_tell": "notify.begun and notify.told stand around it",
    "engage.queue.paging.openings:spread": "its row stays due until it is spread, each notice once",
    "engage.queue.paging.openings:tell": "its row is due until it is settled: told again at worst",
    "engage.queue.paging.sms:tell": "notify.begun and notify.told stand around it",
    "engage.queue.paging.proofs:send": "a test page: who asked for it sees that it did not come",
    "engage.messaging.spool.known:_write": "a copy that the next text writes anew",
    "engage.messaging.spool.spool:_prepare": "a trial at the start, and what nobody needs",
    "engage.messaging.spool.spool:done": "drain.recorded and drain.removed stand around it",
    "engage.messaging.spool.spool:_set_aside": "for a human; should it be undone, it is done again",
}


def effects(source: Source) -> dict[str, set[str]]:
    """Return the functions of a module that have an effect, with what it is."""
    found: dict[str, set[str]] = {}
    for function in _functions(source.tree):
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and (kind := _kind(node)):
                found.setdefault(f"{source.name}:{function.name}", set()).add(kind)
    return found


def pointed(source: Source) -> set[str]:
    """Return the functions of a module in which a crash point stands."""
    return {
        f"{source.name}:{function.name}"
        for function in _functions(source.tree)
        if any(_point(node) for node in ast.walk(function))
    }


def uncovered(source: Source) -> list[str]:
    """Return a sentence for each effect without a crash point."""
    points = pointed(source)
    return [
        f"{name} has an effect ({', '.join(sorted(kinds))}) and no crash point"
        for name, kinds in effects(source).items()
        if name not in points and name not in COVERED
    ]


def _functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the outermost functions: what stands in one inside belongs to it."""
    found: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node)
        elif isinstance(node, ast.ClassDef):
            waiting += node.body
    return found


def _kind(named: ast.Attribute) -> str | None:
    what, owner = named.attr, ast.unparse(named.value)
    if what in CARRIER and owner.endswith("carrier"):
        return "a request to the carrier"
    if what in DISK and owner.endswith("disk"):
        return "a name on the disk"
    if what == "tell" and owner.endswith("channel"):
        return "a page that leaves"
    if what == "again" and owner.endswith("database"):
        return "a turn"
    return None


def _point(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return None
    if node.func.id != "crash_point" or not isinstance(node.args[0], ast.Constant):
        return None
    return str(node.args[0].value)


def test_every_effect_has_a_crash_point() -> None:
    """A request to the carrier, a turn, a file: each has a place to die beside it."""
    found = [
        sentence
        for source in sources()
        if source.name.startswith(ROOMS)
        for sentence in uncovered(source)
    ]
    assert not found, "\n".join(found)


def test_every_unit_of_work_has_one() -> None:
    """The one place that commits has a point before and after the commit."""
    (session,) = (one for one in sources() if one.name == "engage.db.session")
    points = _points(session)
    assert points == {"commit.before", "commit.after"}


def test_the_list_is_the_code() -> None:
    """Each point of the list stands in the code once, and no other does."""
    counted = Counter(
        point for source in sources() for node in ast.walk(source.tree) if (point := _point(node))
    )
    assert counted == dict.fromkeys(POINTS, 1)


def test_exceptions_are_real() -> None:
    """No exception outlives the function it is about."""
    real = {name for source in sources() for name in effects(source)}
    assert COVERED.keys() <= real


def _points(source: Source) -> set[str]:
    return {point for node in ast.walk(source.tree) if (point := _point(node))}


@pytest.mark.parametrize(
    "body",
    [
        "await self._carrier.send(account, text)",
        "disk.rename(one, other)",
        "await self._database.again(act, [practice])",
        "await channel.tell(address, notice)",
    ],
)
def test_an_effect_without_a_point_is_found(body: str) -> None:
    """The check bites."""
    text = f"async def act(self):\n    {body}\n"
    source = Source("engage.messaging.made", text)
    assert uncovered(source)
    pointed_at = f'async def act(self):\n    {body}\n    crash_point("send.done")\n'
    assert not uncovered(Source("engage.messaging.made", pointed_at))
