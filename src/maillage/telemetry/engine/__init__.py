"""What telemetry decides as pure values: which measures are taken in, how a curve is drawn."""
