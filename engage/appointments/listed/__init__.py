"""What the list of a day shows beside each visit: whose it is, and whether they run late."""
