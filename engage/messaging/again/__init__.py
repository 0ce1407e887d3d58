"""Sending once more what the carrier did not carry."""
