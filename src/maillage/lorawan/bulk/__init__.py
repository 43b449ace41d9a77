"""Large imports of devices."""
