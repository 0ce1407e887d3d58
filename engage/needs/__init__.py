"""Needs: standardized screenings, what their answers say, and what people want done about it.

This room refuses to turn a score into a need, and to read missing as no.
"""
