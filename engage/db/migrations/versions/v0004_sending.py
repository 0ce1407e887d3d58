"""Sending: pace, fairness between practices, the state of an account, what can be taken back.

Revision ID: 0004
Revises: 0003
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    scripts.run(op.get_bind(), resources.files("engage.db.migrations") / "sql" / "0004_sending")


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
