"""Rules of who works here: roles and PINs."""
