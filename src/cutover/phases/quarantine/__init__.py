"""Quarantine: rejected rows, their corrections from Excel, and their replay."""
