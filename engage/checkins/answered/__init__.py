"""What people answered to check-ins, and what the rules said of it."""
