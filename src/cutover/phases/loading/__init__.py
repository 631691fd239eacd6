"""The parts of loading: batches, the rows that the target refuses, and what should stand there afterwards."""
