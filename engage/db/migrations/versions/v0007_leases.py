"""Leases: a claim that is still worked on is held.

Revision ID: 0007
Revises: 0006
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    scripts.run(op.get_bind(), resources.files("engage.db.migrations") / "sql" / "0007_leases")


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
