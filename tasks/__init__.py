"""Doorways for background work."""
