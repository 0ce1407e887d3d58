"""Two records of one person: merged into the one that is kept, and apart again."""
