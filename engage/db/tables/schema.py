"""What every table belongs to, and the one type that SQLAlchemy doesn't know."""

from sqlalchemy import MetaData
from sqlalchemy.types import UserDefinedType

METADATA = MetaData()


class XID8(UserDefinedType[int]):
    """A PostgreSQL transaction id: 64 bits, never wraps."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the name PostgreSQL knows it by."""
        return "xid8"
