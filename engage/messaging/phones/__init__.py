"""What is known against a phone, as rows."""
