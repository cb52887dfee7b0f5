"""Opening accounts on a screen."""
