"""Check-in plans, discharges, calls."""

from sqlalchemy import (
    UUID,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from engage.db.tables.schema import METADATA

check_in_plan = Table(
    "check_in_plan",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("patient_id", UUID(), nullable=False),
    Column("script", Text, nullable=False),
    Column("cadence", Text, nullable=False),
    Column("anchor", Text, nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("catch_up", Text, nullable=False),
    Column("thresholds", JSONB, nullable=False),
    Column("answerer_id", UUID()),
    Column("status", Text, nullable=False),
    Column("paused_until", DateTime(timezone=True)),
    Column("next_at", DateTime(timezone=True)),
    Column("created_by", UUID()),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)
check_in = Table(
    "check_in",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("plan_id", UUID(), nullable=False),
    Column("patient_id", UUID(), nullable=False),
    Column("occurrence", DateTime(timezone=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("why", Text),
    Column("screening_id", UUID()),
    Column("at", DateTime(timezone=True), nullable=False),
)
discharge = Table(
    "discharge",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("patient_id", UUID(), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("facility", Text, nullable=False),
    Column("discharged_at", DateTime(timezone=True)),
    Column("admitted_at", DateTime(timezone=True)),
    Column("status", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("message_control_id", Text),
    Column("version", Integer, nullable=False),
    Column("said", JSONB, nullable=False, server_default="{}"),
    Column("begun_by", UUID()),
)
contact_attempt = Table(
    "contact_attempt",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("patient_id", UUID(), nullable=False),
    Column("item_id", UUID()),
    Column("staff_id", UUID(), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("note_sealed", LargeBinary),
)
