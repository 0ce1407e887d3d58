"""How people prove who they are: passwords and second factors, codes by text, and what follows.

Pure are the access token, the password rules, the second factor, the codes and their limits;
`staffing.py`, `families.py` and `keeping.py` do one step each with the database. This room refuses
to say what was wrong, to keep a secret that it can keep as a hash, and to decide what anybody may
see.
"""
