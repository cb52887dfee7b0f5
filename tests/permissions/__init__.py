"""Who may open what: every route, every role, own and foreign rows."""
