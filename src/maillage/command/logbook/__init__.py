"""What is written of a command whenever it moves: its state, a step of its life, a line in the journal."""
