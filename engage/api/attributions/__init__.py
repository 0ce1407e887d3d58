"""What the attribution pages read."""
