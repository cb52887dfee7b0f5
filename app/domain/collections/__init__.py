"""Rules of collecting: contacts, follow-ups, promises and whom to work first."""
