"""What a person allowed a caregiver to be told. Nothing is told without it."""
