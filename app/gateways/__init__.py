"""The outside world: one protocol per kind of service, one file per service, and answers that are values, never exceptions.

A gateway knows neither rows nor questions nor commands, and nobody calls one inside a transaction.
"""
