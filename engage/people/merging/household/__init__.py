"""What families do and read, and goes along when their person's record is merged."""
