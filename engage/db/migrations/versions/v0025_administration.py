"""What a practice's administrators set: hours, holidays, on-call rules, words and their sign-off.

Revision ID: 0025
Revises: 0024
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    files = resources.files("engage.db.migrations") / "sql" / "0025_administration"
    scripts.run(op.get_bind(), files)


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
