"""Needs, referrals and the work on them, as measures read them."""
