"""How long work took, as whoever did it says."""
