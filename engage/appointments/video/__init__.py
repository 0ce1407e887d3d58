"""The address of a visit by video: sealed, and reached by an opaque link only."""
