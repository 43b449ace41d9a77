"""The network server's hot path, from a gateway's datagram to a durable, published uplink and back.

::

    gateway → Received → (first copy) Identified → Signed → Verified → [window closes] → Decided → [commit]
            → published, answered

Sessions live in memory, owned by one process. What a crash could forget is never shown, sent or acknowledged: every
counter is committed in a group before anything that used it leaves. ``network_server`` is the recipe; the modules
around it are its steps, pure unless they say otherwise (times come in as values).
"""
