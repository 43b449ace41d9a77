"""How well devices are heard: their rhythm, what was lost of them, and what each gateway hears."""
