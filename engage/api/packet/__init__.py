"""What a colleague needs to go on where somebody stopped."""
