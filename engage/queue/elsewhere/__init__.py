"""What people hold in other practices: small practices share care managers."""
