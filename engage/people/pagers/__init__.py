"""What of a person can be told outside the console: an own phone, browsers that take pushes.

A phone of staff is kept with the member of staff and nowhere else: it is no line, nobody is asked
anything on it, and a text that comes from it is read as any text is. A browser belongs to whoever
signed in on it last, staff or family. This room refuses to send anything.
"""
