"""What stands behind the ids of a history, for staff to read: words, and colleagues' names."""
