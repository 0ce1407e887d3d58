"""Reading: from the words a person texted to what they mean. (p).

Everything here is pure at run time: text goes in, values come out. The room folds spelling away,
knows the words that carriers act on, and finds danger words. It refuses to decide anything: what
is done about a meaning is decided in the turns room, and a doubt goes to a human.
"""
