"""What rests, and who is away, is seen by the auditor.

Revision ID: 0036
Revises: 0035
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    files = resources.files("engage.db.migrations") / "sql" / "0036_rest_is_seen"
    scripts.run(op.get_bind(), files)


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
