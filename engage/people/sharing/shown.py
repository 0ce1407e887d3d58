"""The one function through which everything passes that a caregiver reads. (p).

A record says to which category it belongs, whether all of it is sensitive, and which of its fields
are. What may not be seen is not there: a record is left out, a field is what it is when nothing is
known. So a list, a count, an order and an ETag made of the result are those of a world in which the
hidden thing was never written down. This room refuses to say that it left something out.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias
from uuid import UUID

from msgspec import Struct

from engage.people.sharing.grant import Category, Scope, Sensitive

Kind: TypeAlias = str
"""What a record is: "visit", "ride"; also its kind in /v1/sync."""


class Field(Struct, frozen=True):
    """A field that not everybody who sees its record may read."""

    value: Any
    sensitive: Sensitive | None = None
    #: Another category that is needed beside the record's own.
    category: Category | None = None
    #: Only for the person themselves, whatever is granted.
    own: bool = False
    #: What stands there when it is hidden, or not known.
    empty: Any = None

    def __repr__(self) -> str:
        """Hide the value."""
        return "Field(…)"


class Record(Struct, frozen=True, kw_only=True):
    """One thing about a person, and what decides who may see it."""

    kind: Kind
    id: UUID
    category: Category
    fields: Mapping[str, Any]
    sensitive: Sensitive | None = None
    #: Only for the person themselves: its kind is none that can be granted.
    own: bool = False

    def __repr__(self) -> str:
        """Hide what is in it."""
        return f"Record(kind={self.kind!r}, id={self.id}, …)"


Shown: TypeAlias = Mapping[str, Any]
_NONE: Final = None


def shown(scope: Scope, record: Record) -> Shown | None:
    """Return the fields of a record as this scope may read them; None if it is not there at all."""
    if not scope.sees(record.category, record.sensitive) or (record.own and not scope.own):
        return _NONE
    return {name: _field(scope, record, value) for name, value in record.fields.items()}


def all_shown(scope: Scope, records: Iterable[Record]) -> tuple[tuple[Record, Shown], ...]:
    """Return the records that may be seen, each with its fields, in the order given."""
    found = ((record, shown(scope, record)) for record in records)
    return tuple((record, fields) for record, fields in found if fields is not None)


def _field(scope: Scope, record: Record, value: Any) -> Any:  # noqa: ANN401 - any field's value
    if not isinstance(value, Field):
        return value
    open_here = scope.sees(value.category or record.category, value.sensitive)
    return value.value if open_here and (scope.own or not value.own) else value.empty
