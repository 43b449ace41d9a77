"""Adaptive data rate, the network's side: from how a device is heard to what it should use. Pure.

``history`` is what is remembered of a session's uplinks, ``values`` the words of a decision, ``semtech`` the published
method, ``algorithms`` the names by which a device profile chooses one.

Why a device is never stuck: the data rate a decision starts from is that of the uplink just heard, never what the
network has asked for. A network that books a request as done when it is sent, or when an answer is lost, believes its
device to be fast while it is at DR0, computes no step from there, and never asks again. Here a request that left no
trace in the next uplinks has changed nothing, so the same decision comes out of the same link and is asked again
(``maillage.lorawan.mac_exchange`` bounds how often).
"""
