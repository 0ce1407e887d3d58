"""The schema as SQLAlchemy Core tables: the words that store.py writes its statements in.

The migrations make the schema; tests/store/test_schema.py holds this picture against the database
column by column. Constraints, indexes and walls stand only in the migrations.
"""

from sqlalchemy import (
    UUID,
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import UserDefinedType

METADATA = MetaData()


class XID8(UserDefinedType[int]):
    """A PostgreSQL transaction id: 64 bits, never wraps."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the name PostgreSQL knows it by."""
        return "xid8"


staff = Table(
    "staff",
    METADATA,
    Column("id", UUID(), primary_key=True),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("email_hash", LargeBinary, nullable=False),
    Column("email_sealed", LargeBinary, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
practice = Table(
    "practice",
    METADATA,
    Column("id", UUID(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("texting_name", Text, nullable=False),
    Column("support_phone", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("business_hours", JSONB, nullable=False),
    Column("holidays", Text, nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("responsible_id", UUID(), nullable=False),
    Column("account_sid", Text),
    Column("carrier_sealed", LargeBinary),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
practice_key = Table(
    "practice_key",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("retired_at", DateTime(timezone=True)),
)
practice_number = Table(
    "practice_number",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("number", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
membership = Table(
    "membership",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("staff_id", UUID(), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("from_at", DateTime(timezone=True), primary_key=True),
    Column("until_at", DateTime(timezone=True)),
)
cover = Table(
    "cover",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("absent_id", UUID(), nullable=False),
    Column("cover_id", UUID(), nullable=False),
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True), nullable=False),
)
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
phone = Table(
    "phone",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("number_hash", LargeBinary, nullable=False),
    Column("number_sealed", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
phone_use = Table(
    "phone_use",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("phone_id", UUID(), nullable=False),
    Column("patient_id", UUID()),
    Column("caregiver_id", UUID()),
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("until_at", DateTime(timezone=True)),
)
line = Table(
    "line",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("number_id", UUID(), nullable=False),
    Column("phone_id", UUID(), nullable=False),
    Column("opted_out_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
thread = Table(
    "thread",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("line_id", UUID(), nullable=False),
    Column("patient_id", UUID(), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
message = Table(
    "message",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("line_id", UUID(), nullable=False),
    Column("thread_id", UUID()),
    Column("conversation_id", UUID()),
    Column("direction", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("author_id", UUID()),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("text_id", Text),
    Column("text_key", Text),
    Column("prompt", Text),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_reason", Text),
    Column("carrier_sid", Text),
    Column("error_code", Integer),
    Column("segments", Integer),
    Column("media_count", Integer, nullable=False),
    Column("opt_out_type", Text),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("sending_at", DateTime(timezone=True)),
    Column("status_at", DateTime(timezone=True)),
    Column("handled_at", DateTime(timezone=True)),
    Column("tries", Integer, nullable=False),
)
receipt = Table(
    "receipt",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("account_sid", Text, primary_key=True),
    Column("sid", Text, primary_key=True),
    Column("message_id", UUID(), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
text_key = Table(
    "text_key",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("cause_id", UUID(), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("message_id", UUID(), nullable=False),
)
delivery_report = Table(
    "delivery_report",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("message_id", UUID(), primary_key=True),
    Column("status", Text, primary_key=True),
    Column("error_code", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
consent_event = Table(
    "consent_event",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("line_id", UUID(), nullable=False),
    Column("kind", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("message_id", UUID()),
    Column("staff_id", UUID()),
    Column("at", DateTime(timezone=True), nullable=False),
)
simulator_text = Table(
    "simulator_text",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("sid", Text, primary_key=True),
    Column("own_id", Text),
    Column("from_number", Text, nullable=False),
    Column("to_hash", LargeBinary, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
screening = Table(
    "screening",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("patient_id", UUID(), nullable=False),
    Column("instrument", Text, nullable=False),
    Column("instrument_version", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("verdict", JSONB),
    Column("requested_by", UUID()),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)
answer = Table(
    "answer",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("screening_id", UUID(), nullable=False),
    Column("item", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("option", Text),
    Column("loinc", Text),
    Column("message_id", UUID()),
    Column("reporter", Text, nullable=False),
    Column("reporter_id", UUID()),
    Column("at", DateTime(timezone=True), nullable=False),
)
conversation = Table(
    "conversation",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("thread_id", UUID(), nullable=False),
    Column("patient_id", UUID(), nullable=False),
    Column("screening_id", UUID()),
    Column("script", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("state", JSONB, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
timer = Table(
    "timer",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("conversation_id", UUID(), nullable=False),
    Column("name", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("fires_at", DateTime(timezone=True), nullable=False),
)
queue_item = Table(
    "queue_item",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("about_id", UUID(), nullable=False),
    Column("patient_id", UUID()),
    Column("line_id", UUID()),
    Column("thread_id", UUID()),
    Column("subject", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("urgency", Integer, Computed("urgency", persisted=True), nullable=False),
    Column("status", Text, nullable=False),
    Column("owner_id", UUID(), nullable=False),
    Column("owner_why", Text, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("waiting_since", DateTime(timezone=True)),
    Column("claimed_at", DateTime(timezone=True)),
    Column("first_touch_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_by", UUID()),
    Column("outcome", Text),
    Column("note_sealed", LargeBinary),
    Column("version", Integer, nullable=False),
)
flag = Table(
    "flag",
    METADATA,
    Column("practice_id", UUID(), primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("item_id", UUID(), nullable=False),
    Column("patient_id", UUID()),
    Column("reason", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("source_id", UUID(), nullable=False),
    Column("message_id", UUID()),
    Column("at", DateTime(timezone=True), nullable=False),
)
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
door = Table(
    "door",
    METADATA,
    Column("number", Text, primary_key=True),
    Column("account_sid", Text, primary_key=True),
    Column("practice_id", UUID(), nullable=False),
    Column("number_id", UUID(), nullable=False),
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
)
due = Table(
    "due",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("id", UUID(), primary_key=True),
    Column("practice_id", UUID(), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False),
)
