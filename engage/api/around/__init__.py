"""What stands around a piece of work and around a person, for whoever is about to act."""
