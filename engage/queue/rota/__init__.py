"""A practice's own rules of escalation, and who is on call: what the page loop reads of them."""
