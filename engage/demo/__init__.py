"""A fictional practice to try everything on: its people as a file, and how they are put in."""
