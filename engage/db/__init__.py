"""The database room: units of work, the practice scope, sealing, the schema and its migrations.

It knows tables, not meanings, and refuses to decide anything about a person.
"""
