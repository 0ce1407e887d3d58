"""No module needs itself: what a module imports at its top never leads back to it.

import-linter holds the floors between rooms; inside a room a circle would make the order of imports
decide whether engage starts at all.
"""

import ast
from collections.abc import Iterable, Iterator

from tests.policy.source import Source, sources


def at_the_top(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Return the imports that run when a module is imported: none inside a function."""
    for node in body:
        match node:
            case ast.Import() | ast.ImportFrom():
                yield node
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                continue
            case _:
                yield from at_the_top(
                    one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt)
                )


def needs(source: Source, names: Iterable[str]) -> set[str]:
    """Return the modules of engage that a module imports at its top."""
    found: set[str] = set()
    for node in at_the_top(source.tree.body):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module is not None:
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                found.add(deeper if deeper in names else node.module)
    return {name for name in found if name in names}


def circles(house: Iterable[Source]) -> list[tuple[str, ...]]:
    """Return each way by which a module comes back to itself, once."""
    by_name = {source.name: source for source in house}
    needed = {name: sorted(needs(source, by_name)) for name, source in by_name.items()}
    found: list[tuple[str, ...]] = []
    done: set[str] = set()

    def follow(way: tuple[str, ...]) -> None:
        for name in needed[way[-1]]:
            if name in way:
                found.append((*way[way.index(name) :], name))
            elif name not in done:
                follow((*way, name))
        done.add(way[-1])

    for name in needed:
        if name not in done:
            follow((name,))
    return found


def test_no_module_needs_itself() -> None:
    """Every import at the top of a module leads further down, also within a room."""
    found = [" > ".join(way) for way in circles(sources())]

    assert not found, "Move what both need into a module of its own:\n" + "\n".join(found)


def test_a_circle_is_found() -> None:
    """Two modules that import each other are found; an import in a function is no circle."""
    one = Source("engage.a", "import engage.b")
    assert circles(
        [one, Source("engage.b", "try:\n    from engage import a\nfinally:\n    ...")]
    ) == [("engage.a", "engage.b", "engage.a")]
    assert not circles([one, Source("engage.b", "def f() -> None:\n    import engage.a")])
    assert circles([Source("engage.c", "from engage.c import x")]) == [("engage.c", "engage.c")]
