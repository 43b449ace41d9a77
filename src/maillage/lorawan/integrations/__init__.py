"""Connectivity alone, for those who bring their own software: applications, their quotas, and how events reach them.

A device belongs to one application; everything it does becomes an event in the application's log (``store``), in
ChirpStack v4's schema (``chirpstack``). MQTT, every webhook and every open event stream read that log, each from its
own place: one that is slow or away holds up nobody else, and what it missed is still there when it comes back.
"""
