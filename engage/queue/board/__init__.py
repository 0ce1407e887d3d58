"""The board: pages of open work, in the order in which it should be looked at."""
