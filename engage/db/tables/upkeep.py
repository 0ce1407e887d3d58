"""What the house keeps about itself: changes, audit, what is due, alarms."""

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

from engage.db.tables.schema import METADATA, XID8

feed = Table(
    "feed",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("sequence", BigInteger, Identity(always=True), nullable=False),
    Column("transaction", XID8, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject_id", UUID(), nullable=False),
    Column("patient_id", UUID()),
)
audit = Table(
    "audit",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_id", UUID()),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("subject_id", UUID()),
    Column("patient_id", UUID()),
)
idempotency = Table(
    "idempotency",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("principal_id", UUID(), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer_sealed", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
due = Table(
    "due",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("practice_id", UUID(), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("lane", UUID()),
    Column("rank", SmallInteger, nullable=False),
    Column("claimed", Boolean, nullable=False),
)
hl7_sender = Table(
    "hl7_sender",
    METADATA,
    Column("application", Text, primary_key=True),
    Column("facility", Text, primary_key=True),
    Column("practice_id", UUID(), nullable=False),
    Column("id", UUID(), nullable=False),
    Column("authority", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
hl7_message = Table(
    "hl7_message",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("sender_id", UUID(), nullable=False),
    Column("control_id", Text, nullable=False),
    Column("about_hash", LargeBinary, nullable=False),
    Column("event", Text, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
)
alarm = Table(
    "alarm",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("about", Text, primary_key=True),
    Column("id", UUID(), nullable=False),
    Column("found_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("count", Integer, nullable=False),
    Column("raised_at", DateTime(timezone=True)),
    Column("mailed_at", DateTime(timezone=True)),
    Column("cleared_at", DateTime(timezone=True)),
    Column("cleared_told_at", DateTime(timezone=True)),
)
canary = Table(
    "canary",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True)),
    Column("read_at", DateTime(timezone=True)),
    Column("decided_at", DateTime(timezone=True)),
    Column("passed_at", DateTime(timezone=True)),
)
