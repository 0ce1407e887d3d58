"""Paging: who is told of a crisis, when, and who took it on.

Revision ID: 0009
Revises: 0008
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    files = resources.files("engage.db.migrations") / "sql" / "0009_paging"
    scripts.run(op.get_bind(), files)


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
