"""A patient's timeline: texts, screenings, work and consent in one order, newest first."""
