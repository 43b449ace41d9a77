"""Claiming: a device that the operating body holds becomes its owner's, who has its label in hand."""
