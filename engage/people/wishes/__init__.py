"""How a practice wants what is asked and chased for it."""
