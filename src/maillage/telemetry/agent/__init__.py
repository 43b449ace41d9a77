"""The agent beside a machine: reads it, keeps what it read on disk, sends it when the link is there. No Django."""
