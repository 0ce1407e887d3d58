"""Schedules and their times, in the database."""
