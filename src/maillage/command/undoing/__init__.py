"""Undoing a command: calling it back while it waits, else asking for what was before."""
