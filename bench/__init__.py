"""Measurements: each compares the product with something else in one run, because only ratios travel between machines."""
