"""Pages on their way out of the console."""
