"""What was promised, and goes along when a record is merged."""
