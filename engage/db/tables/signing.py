"""How people sign in."""

from sqlalchemy import (
    UUID,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from engage.db.tables.schema import METADATA

sign_in = Table(
    "sign_in",
    METADATA,
    Column("id", UUID(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("person_id", UUID(), nullable=False),
    Column("practice_id", UUID()),
    Column("phone_id", UUID()),
    Column("factors", Text, nullable=False),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False),
    Column("idle_seconds", Integer, nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_why", Text),
    Column("proved_at", DateTime(timezone=True), nullable=False),
    Column("roles", ARRAY(Text)),
)
refresh_token = Table(
    "refresh_token",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("sign_in_id", UUID(), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
)
staff_secret = Table(
    "staff_secret",
    METADATA,
    Column("staff_id", UUID(), primary_key=True),
    Column("password_hash", LargeBinary),
    Column("totp_sealed", LargeBinary),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    Column("set_at", DateTime(timezone=True)),
    Column("next_password_hash", LargeBinary),
    Column("next_totp_sealed", LargeBinary),
)
recovery_code = Table(
    "recovery_code",
    METADATA,
    Column("staff_id", UUID(), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("used_at", DateTime(timezone=True)),
)
sign_in_step = Table(
    "sign_in_step",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("staff_id", UUID(), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("ended_at", DateTime(timezone=True)),
)
sign_in_code = Table(
    "sign_in_code",
    METADATA,
    Column("id", UUID(), primary_key=True),
    Column("phone_hash", LargeBinary, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("device_hash", LargeBinary, nullable=False),
    Column("code_hash", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("ended_at", DateTime(timezone=True)),
    Column("link_hash", LargeBinary),
    Column("number_sealed", LargeBinary),
)
sign_in_try = Table(
    "sign_in_try",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key_hash", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
page_key = Table(
    "page_key",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("sign_in_id", UUID(), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
)
organisation_round = Table(
    "organisation_round",
    METADATA,
    Column("id", UUID(), primary_key=True),
    Column("state_hash", LargeBinary, nullable=False),
    Column("device_hash", LargeBinary, nullable=False),
    Column("told_sealed", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
)
passkey = Table(
    "passkey",
    METADATA,
    Column("id", UUID(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("person_id", UUID(), nullable=False),
    Column("practice_id", UUID()),
    Column("credential_id", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("synced", Boolean, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
)
passkey_challenge = Table(
    "passkey_challenge",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("bound_hash", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
)
credential = Table(
    "credential",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("person_id", UUID(), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("practice_id", UUID()),
)
