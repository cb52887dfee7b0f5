"""Screens of the people who work here: signing in, the staff list, the audit trail."""
