"""What goes along when a record is merged."""
