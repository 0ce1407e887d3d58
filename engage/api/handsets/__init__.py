"""What the simulated phones show: who has one, and what went over it."""
