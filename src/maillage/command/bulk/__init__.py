"""One wish for many things at once, with what became of each."""
