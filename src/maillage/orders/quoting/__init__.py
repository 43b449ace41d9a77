"""From the basket to a quote that no longer changes, its approval and the order."""
