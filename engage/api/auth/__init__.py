"""Who is asking, and may they: bearer tokens, roles, and the guard that every route passes.

This room refuses to say why a token does not open: missing, unknown, expired and revoked are one
answer.
"""
