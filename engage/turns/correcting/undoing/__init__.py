"""What a correction takes back."""
