"""Cutover: carry an enterprise from its legacy system into a new one, and take every row back."""

__version__ = "0.1.0"
