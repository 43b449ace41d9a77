"""Free ports of this machine."""

import errno
import socket
from collections.abc import Iterable

from maillage.processes.problems import CannotStart

_ANSWER_TIMEOUT_S = 1.0


def is_free(host: str, port: int) -> bool:
    """Whether ``host:port`` can be listened on now. An address that is not ours raises ``OSError``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def answers(host: str, port: int) -> bool:
    """Whether somebody accepts connections on ``host:port``."""
    try:
        socket.create_connection((host, port), timeout=_ANSWER_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def first_free(host: str, candidates: Iterable[int]) -> int | None:
    """The first of ``candidates`` that is free, or ``None``."""
    return next((port for port in candidates if is_free(host, port)), None)


def any_free(host: str) -> int:
    """A port the kernel picks."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def web_port(host: str, wanted: int | None, usual: range) -> int:
    """``wanted`` when it is free; without a wish, the first free of ``usual``. Raises ``CannotStart``."""
    try:
        port = first_free(host, usual if wanted is None else [wanted])
    except OSError as error:
        raise CannotStart(
            "host-unusable",
            f"Cannot listen on {host}: {error.strerror or error}. Choose another with --host.",
            host=host,
        ) from error
    if port is not None:
        return port
    busy = f"port {wanted}" if wanted is not None else f"every port from {usual.start} to {usual.stop - 1}"
    raise CannotStart(
        "port-in-use", f"On {host}, {busy} is taken (or reserved). Choose a free one with --port.", host=host
    )


def require_radio_port(port: int) -> None:
    """Raises ``CannotStart`` when gateways could not be heard on UDP ``port``: said before anything is loaded."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", port))
        except OSError as error:
            sentence = (
                f"Gateways cannot be heard on UDP port {port}: {error.strerror or error}. Stop what uses it, or choose"
                " another with MAILLAGE_LORAWAN_PORT."
            )
            raise CannotStart("radio-port-unusable", sentence, port=port) from error
