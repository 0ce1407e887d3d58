"""Rows behind what can be taken back."""
