"""Rules of how accounts come in."""
