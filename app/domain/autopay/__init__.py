"""Rules of charging cards on file: states of a charge, what a decline means, when to try again, how much, and how often."""
