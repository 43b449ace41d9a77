"""Measurements of the running house, on real processes and a durable database. Never part of the tests."""
