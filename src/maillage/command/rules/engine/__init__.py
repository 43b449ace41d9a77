"""Pure: a rule, its memory and readings in; transitions out."""
