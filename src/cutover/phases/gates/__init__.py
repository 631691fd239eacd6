"""The parts of a gate: what is measured anew before anything is loaded."""
