"""Questions about portfolios and imports."""
