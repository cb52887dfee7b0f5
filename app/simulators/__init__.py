"""The outside world, small: HTTP servers that speak the APIs of Square and Hexnode, for demonstrations and tests."""
