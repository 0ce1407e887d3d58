"""Screenings that come round, in the database."""
