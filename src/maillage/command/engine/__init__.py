"""The method of the command post as pure values: no database, no clock, no bus."""
