"""The parts of mapping: rows decided, filled, linked and settled."""
