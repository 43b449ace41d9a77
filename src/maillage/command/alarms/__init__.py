"""Alarms: what somebody has to look at, until somebody has."""
