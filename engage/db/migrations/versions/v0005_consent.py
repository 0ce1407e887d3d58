"""Consent: a ledger per line and per person and purpose; whether a phone is still theirs.

Revision ID: 0005
Revises: 0004
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    scripts.run(op.get_bind(), resources.files("engage.db.migrations") / "sql" / "0005_consent")


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
