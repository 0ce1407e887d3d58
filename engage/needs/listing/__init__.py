"""The directory as rows: organizations and services, imported and searched."""
