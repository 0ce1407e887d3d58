"""Visits, rides and what staff logged, as measures read them."""
