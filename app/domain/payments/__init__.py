"""Rules of money in: what kinds there are and which charge each cent covers."""
