"""What is asked and told about visits, and when."""
