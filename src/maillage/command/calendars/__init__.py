"""French school and public holidays, and the local time, of the places of a commune."""
