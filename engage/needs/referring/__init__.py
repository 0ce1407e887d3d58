"""Referrals as rows: where each stands, and the history that is only added to."""
