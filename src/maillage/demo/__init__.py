"""The demonstration: the département of Essonne with its members, sites, devices, people and past measures.

Composes the actions of the capabilities below; nothing depends on it.
"""
