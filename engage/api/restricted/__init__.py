"""Restricted records, outward: to whom they are closed, how they are opened, who reads of it."""
