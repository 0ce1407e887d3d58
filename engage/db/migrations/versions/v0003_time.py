"""Time: quiet hours, how many texts, and until when a text is held.

Revision ID: 0003
Revises: 0002
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    scripts.run(op.get_bind(), resources.files("engage.db.migrations") / "sql" / "0003_time")


def downgrade() -> None:
    """Refuse: a step back is a restore."""
    message = "this step can't be undone; restore a backup"
    raise RuntimeError(message)
