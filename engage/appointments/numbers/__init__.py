"""The ids by which scheduling systems know a visit: each system's are its own."""
