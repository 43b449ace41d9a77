"""The network's side of the MAC exchange: what a device was told, what it answered, what to tell it next. Pure.

``state`` is what the network knows of a session's settings, ``hearing`` what an uplink teaches it, ``planning`` what to
ask with the next downlink. Three rules keep both ends together (LoRaWAN L2 1.0.4, §5):

- What was asked is part of the state, durable before it is sent: an answer is understood even after a crash between.
- What the device *does* outranks what it says: its data rate is that of its uplinks. One that uses the rate it was
  asked for has taken the request although its answer was lost; one that has fallen back to a slower rate has gone to
  full power on the way (§4.3.1.1).
- A request that left no trace is asked again, ``MAX_ATTEMPTS`` times with successive uplinks; then the device is left
  in peace for ``QUIET_UPLINKS`` of them.
- What a device listens with must never be in doubt (§5.4, §5.7, §5.9): it obeys at once and repeats its answer in every
  uplink until it hears a downlink. So an uplink without that answer proves that the request was not heard, and a
  request waits while the answer to the one before may come once more (``MacState.settling``); meanwhile the network
  owes the device a downlink, be it empty.

``wishes`` is what a device profile asks for, within what the region allows. The device's side is
``maillage.lorawan.protocol.exchange``.
"""
