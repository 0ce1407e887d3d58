"""The rows of rides and of boxes that are brought."""
