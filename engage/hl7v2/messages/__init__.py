"""Messages as they came, and who may send them."""
