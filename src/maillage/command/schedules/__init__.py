"""Weekly schedules: their entries are changed by people and carried out by the command process."""
