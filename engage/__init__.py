"""engage: an open backend for patient and family engagement. docs/architecture.md is the map."""

__version__ = "0.1.0"
