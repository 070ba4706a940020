"""Figures and health, read from the tables and never written."""
