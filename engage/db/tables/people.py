"""Patients, those who care for them, and what they agreed to."""

from sqlalchemy import (
    UUID,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from engage.db.tables.schema import METADATA

patient = Table(
    "patient",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("external_id", Text, nullable=False),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("search", Text, nullable=False),
    Column("birth_date_sealed", LargeBinary),
    Column("language", Text, nullable=False),
    Column("time_zone", Text),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("us_state", Text),
    Column("merged_into", UUID()),
)
caregiver = Table(
    "caregiver",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
caregiver_of = Table(
    "caregiver_of",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("caregiver_id", UUID(), primary_key=True),
    Column("patient_id", UUID(), primary_key=True),
    Column("relationship", Text, nullable=False),
    Column("from_at", DateTime(timezone=True), primary_key=True),
    Column("until_at", DateTime(timezone=True)),
)
assignment = Table(
    "assignment",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("patient_id", UUID(), nullable=False),
    Column("staff_id", UUID(), nullable=False),
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True)),
)
care_team_member = Table(
    "care_team_member",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("patient_id", UUID(), primary_key=True),
    Column("staff_id", UUID(), primary_key=True),
    Column("role", Text, nullable=False),
    Column("from_at", DateTime(timezone=True), primary_key=True),
    Column("until_at", DateTime(timezone=True)),
)
consent_event = Table(
    "consent_event",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("line_id", UUID()),
    Column("kind", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("message_id", UUID()),
    Column("staff_id", UUID()),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("patient_id", UUID()),
    Column("phone_id", UUID()),
    Column("purpose", Text),
    Column("scope", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("wording_id", Text),
    Column("wording_version", Text),
    Column("wording_language", Text),
    Column("reason_sealed", LargeBinary),
)
merger = Table(
    "merger",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("patient_id", UUID(), nullable=False),
    Column("into_id", UUID(), nullable=False),
    Column("staff_id", UUID(), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("changed", JSONB, nullable=False),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", UUID()),
)
