"""Families invited by the text of a patient, and documents.

Revision ID: 0034
Revises: 0033
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    files = resources.files("engage.db.migrations") / "sql" / "0034_family_reach"
    scripts.run(op.get_bind(), files)


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
