"""Restricted records, opened only with a reason and for an hour.

Revision ID: 0032
Revises: 0031
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    files = resources.files("engage.db.migrations") / "sql" / "0032_break_glass"
    scripts.run(op.get_bind(), files)


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
