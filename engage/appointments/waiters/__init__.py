"""The waiting list in the database."""
