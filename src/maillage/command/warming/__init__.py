"""Optimal start: what is learnt of each room, and how early its heating begins."""
