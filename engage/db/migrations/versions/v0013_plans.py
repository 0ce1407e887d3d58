"""Check-in plans, what is due of them, discharges and calls.

Revision ID: 0013
Revises: 0011
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    files = resources.files("engage.db.migrations") / "sql" / "0013_plans"
    scripts.run(op.get_bind(), files)


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
