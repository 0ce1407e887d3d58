"""Screenings and their answers, as measures read them."""
