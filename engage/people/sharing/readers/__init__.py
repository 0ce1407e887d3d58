"""Who reads a phone, of those who care for a person."""
