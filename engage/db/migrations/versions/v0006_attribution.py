"""Attribution: how sure and why, corrections, withdrawn flags, two records of one person.

Revision ID: 0006
Revises: 0005
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    scripts.run(op.get_bind(), resources.files("engage.db.migrations") / "sql" / "0006_attribution")


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
