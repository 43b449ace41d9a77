"""The only reader of environment variables."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Environment:
    """What the outside world decides."""

    data_folder: Path
    database_host: str
    database_name: str
    database_user: str
    nats_url: str
    secret_key: str
    debug: bool
    allowed_hosts: tuple[str, ...]


def read() -> Environment:
    """Read the variables once, with defaults for one machine without configuration."""
    get = os.environ.get
    data_folder = Path(get("MAILLAGE_DATA", "var/data")).resolve()
    return Environment(
        data_folder=data_folder,
        database_host=get("MAILLAGE_DATABASE_HOST", str(data_folder / "run")),
        database_name=get("MAILLAGE_DATABASE_NAME", "maillage"),
        database_user=get("MAILLAGE_DATABASE_USER", "maillage"),
        nats_url=get("MAILLAGE_NATS_URL", "nats://127.0.0.1:4222"),
        secret_key=get("MAILLAGE_SECRET_KEY", "development-only"),
        debug=get("MAILLAGE_DEBUG", "") == "1",
        allowed_hosts=tuple(get("MAILLAGE_HOSTS", "localhost,127.0.0.1").split(",")),
    )
