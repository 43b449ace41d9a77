"""What the operating system knows of the measured processes: CPU seconds, and datagrams that found no room. Linux."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_BACKENDS = {
    "maillage lorawan": "postgres: network server",
    "maillage lorawan housekeeping": "postgres: last seen",
    "maillage telemetry": "postgres: telemetry writer",
}


@dataclass(frozen=True, slots=True)
class CpuReading:
    """CPU seconds so far, by part; ``machine_s`` is what every process of the machine took together."""

    parts_s: Mapping[str, float]
    machine_s: float


@dataclass(frozen=True, slots=True)
class CpuUse:
    """Between two readings."""

    parts_s: Mapping[str, float]
    others_s: float

    def per_unit_us(self, count: int) -> dict[str, float]:
        """Microseconds of each part for each of ``count``, and of all parts together."""
        figures = {name: round(spent / max(count, 1) * 1e6, 1) for name, spent in self.parts_s.items()}
        return {**figures, "total": round(sum(figures.values()), 1)}


class CpuMeter:
    """Follows processes by pid, with their children. The network server's children are its codec workers."""

    def __init__(self, pids: Mapping[str, int], connection: psycopg.Connection) -> None:
        self._pids = {**pids, "benchmark": os.getpid()}
        self._connection = connection

    def read(self) -> CpuReading:
        children = _children()
        parts: dict[str, float] = {}
        for name, pid in self._pids.items():
            if name == "postgres":
                parts |= self._postgres(pid, children.get(pid, []))
            elif name == "lorawan":
                parts["network server"] = _spent_s(pid)
                parts["codec worker"] = sum(_spent_s(child) for child in children.get(pid, []))
            elif name == "benchmark":
                parts[name] = _spent_s(pid)
            else:
                parts[name] = _spent_s(pid) + sum(_spent_s(child) for child in children.get(pid, []))
        return CpuReading(parts, machine_s())

    def _postgres(self, pid: int, backends: list[int]) -> dict[str, float]:
        query = "SELECT pid, application_name FROM pg_stat_activity WHERE application_name = ANY(%s)"
        named: dict[int, str] = dict(self._connection.execute(query, [list(_BACKENDS)]).fetchall())
        parts = dict.fromkeys([*_BACKENDS.values(), "postgres: the rest"], 0.0)
        for backend in backends:
            name = _BACKENDS.get(named.get(backend, ""), "postgres: the rest")
            parts[name] += _spent_s(backend)
        parts["postgres: the rest"] += _spent_s(pid, with_ended_children=True)
        return parts


def use_between(before: CpuReading, after: CpuReading) -> CpuUse:
    """What each part took; ``others_s`` is what the rest of the machine did meanwhile."""
    parts = {name: max(spent - before.parts_s.get(name, 0.0), 0.0) for name, spent in after.parts_s.items()}
    return CpuUse(parts, max(after.machine_s - before.machine_s - sum(parts.values()), 0.0))


def machine_s() -> float:
    """User, nice, system, interrupts and stolen time of all cores; not idle, not waiting for disks."""
    fields = [int(text) for text in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:8])) / _TICKS_PER_S


def datagrams_dropped(port: int) -> int:
    """How many datagrams for the UDP ``port`` found its receive buffer full, since it was opened."""
    drops = 0
    for line in Path("/proc/net/udp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].rpartition(":")[2], 16) == port:
            drops += int(fields[-1])
    return drops


def _spent_s(pid: int, *, with_ended_children: bool = False) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    own = int(fields[11]) + int(fields[12])
    return (own + (int(fields[13]) + int(fields[14]) if with_ended_children else 0)) / _TICKS_PER_S


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            found.setdefault(parent, []).append(int(entry.name))
    return found
