"""The rules: pure functions over plain values, with the standard library only.

Nothing in here reads a clock, a file, a database or a setting; `today` and `now` are arguments. Doctests are run.
"""
