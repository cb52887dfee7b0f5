"""Rules of the jobs that make the figures."""
