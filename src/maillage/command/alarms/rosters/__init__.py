"""Rosters and works: who is told of alarms, and when nobody is."""
