"""Whoever silences a checker says which rule and why: beside it, above it, or before it."""

import re

from tests.policy.source import Source, sources

_SILENCED = re.compile(r"#\s*(?:noqa|(?:pyright|type):\s*ignore)\b")
_NAMED = re.compile(
    r"#\s*(?:noqa:\s*(?P<rules>[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*)"
    r"|(?:pyright|type):\s*ignore\[(?P<types>[\w\-]+(?:,\s*[\w\-]+)*)\])(?P<why>.*)$"
)


def unexplained(source: Source) -> list[str]:
    """Return the places where a rule is silenced without its name, or without a reason.

    A reason holds for the rest of the file: ten errors that read as sentences say so once.
    """
    found: list[str] = []
    explained: set[str] = set()
    above = ""
    for number, line in enumerate(source.text.splitlines(), start=1):
        for silenced in _SILENCED.finditer(line):
            named = _NAMED.match(line[silenced.start() :])
            if named is None:
                found.append(f"{source.name}:{number} names no rule")
                continue
            rules = set(re.split(r",\s*", named["rules"] or named["types"]))
            if named["why"].strip(" -#") or above.startswith("#"):
                explained |= rules
            found += [f"{source.name}:{number} {rule}" for rule in sorted(rules - explained)]
        above = line.strip()
    return found


def test_every_silenced_rule_has_a_reason() -> None:
    """No checker is switched off in engage without the rule's name and a reason."""
    found = [place for source in sources() for place in unexplained(source)]

    assert not found, "Say why behind it, after a dash:\n" + "\n".join(found)


def test_what_is_silenced_without_a_reason_is_found() -> None:
    """Neither a bare word nor a rule without a reason passes; a reason above or before does."""
    text = (
        "a = 1  # no" + "qa\nb = 2  # no" + "qa: S105\n# It is a name.\nc = 3  # no" + "qa: E741\n"
    )
    ignored = "d = 4  # type: ig" + "nore[misc] - so\ne = 5  # type: ig" + "nore[misc]\n"

    assert unexplained(Source("x", text + ignored)) == ["x:1 names no rule", "x:2 S105"]
