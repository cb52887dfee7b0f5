"""Measurements: large portfolios, and LeaseDesk beside something else in the same run. `bench/RESULTS.md` has the outcome."""
