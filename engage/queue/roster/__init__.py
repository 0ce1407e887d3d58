"""The roster: whom routing may choose from at a moment."""
