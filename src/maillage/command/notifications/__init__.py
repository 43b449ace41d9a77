"""Notifications: how people and programs outside are told, and what became of it."""
