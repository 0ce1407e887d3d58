"""How much each person has, and who waits longer than they should: for who directs the work."""
