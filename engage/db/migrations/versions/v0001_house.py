"""The house: every table, wall and function of the first release.

Revision ID: 0001
Revises: none
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    scripts.run(op.get_bind(), resources.files("engage.db.migrations") / "sql" / "0001_house")


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the first step can't be undone; restore a backup"
    raise RuntimeError(message)
