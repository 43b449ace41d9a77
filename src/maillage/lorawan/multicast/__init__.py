"""Multicast groups: one frame for many devices.

``values`` and ``conversation`` (what each member is asked, TS003 and TS005), ``cover`` (which gateways speak) are pure;
``radio`` puts a frame on the air, ``driver`` carries groups and campaigns on once a second from what the database
holds, so that a restart costs nothing but the frames that were on their way.
"""
