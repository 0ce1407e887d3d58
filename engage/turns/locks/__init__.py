"""What is locked before an item is, so that nobody goes back for an earlier lock."""
