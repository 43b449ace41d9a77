"""Organisations, people and their links: who may come in, by what door, and until when."""
