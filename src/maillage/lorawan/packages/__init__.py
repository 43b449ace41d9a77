"""Application-layer packages of the LoRa Alliance, both directions, as values; each has its own port.

====================== ======= ==== ==========================================================
package                port    id   module
====================== ======= ==== ==========================================================
TS003 clock sync       202     1    ``clock_sync``
TS005 multicast setup  200     2    ``multicast_setup``, keys and counters in ``multicast``
TS004 fragmentation    201     3    ``fragmentation``, ``parity``, ``reassembly``, ``data_block``
====================== ======= ==== ==========================================================

Pure: no clock, no log, no socket. GPS times are whole seconds modulo 2^32, as on the air.
"""
