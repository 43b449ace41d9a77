"""How the private cluster is tuned: for one small machine that it shares with the rest of Maillage."""

import os
from collections.abc import Mapping
from pathlib import Path

_MB = 1024 * 1024
_BUFFERS_MIN_MB = 64
_BUFFERS_MAX_MB = 1024

# A crash of the machine may corrupt such a cluster: for tests, which throw it away.
_CARELESS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum": "off"}
_DURABLE = {"synchronous_commit": "on", "wal_compression": "on"}


def settings_of(socket: Path, *, durable: bool) -> Mapping[str, str]:
    """The settings that differ from PostgreSQL's own."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MB
    buffers_mb = min(max(memory_mb // 8, _BUFFERS_MIN_MB), _BUFFERS_MAX_MB) if durable else _BUFFERS_MIN_MB
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{buffers_mb}MB",
        "effective_cache_size": f"{max(memory_mb // 2, 2 * _BUFFERS_MIN_MB)}MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",  # a solid-state disk
        "jit": "off",  # our queries are short: compiling them costs more than it saves
        "TimeZone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "dynamic_shared_memory_type": "mmap",  # containers give /dev/shm 64 MB, too little for a parallel join
        **(_DURABLE if durable else _CARELESS),
    }
