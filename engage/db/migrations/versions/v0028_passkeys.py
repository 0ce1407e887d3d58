"""Passkeys, sign-ins of pages, links by text, an organisation's own sign-in, and fresh proof.

Revision ID: 0028
Revises: 0027
"""

from importlib import resources

from alembic import op

from engage.db.migrations import scripts

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of the step, in their order."""
    files = resources.files("engage.db.migrations") / "sql" / "0028_passkeys"
    scripts.run(op.get_bind(), files)


def downgrade() -> None:
    """Refuse: a practice's records are not thrown away by a command. Restore a backup instead."""
    message = "the step can't be undone; restore a backup"
    raise RuntimeError(message)
