"""The hot path: a turn's loading looks at no month that lies ahead.

Revision ID: 0002
Revises: 0001
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    scripts.run(op.get_bind(), resources.files("engage.db.migrations") / "sql" / "0002_hot_path")


def downgrade() -> None:
    """Refuse: a step back is a restore."""
    message = "this step can't be undone; restore a backup"
    raise RuntimeError(message)
