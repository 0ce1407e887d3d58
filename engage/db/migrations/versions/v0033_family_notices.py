"""What a family is told of, and by which way.

Revision ID: 0033
Revises: 0032
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    files = resources.files("engage.db.migrations") / "sql" / "0033_family_notices"
    scripts.run(op.get_bind(), files)


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
