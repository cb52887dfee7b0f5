"""Django's own admin over LeaseDesk's tables: what the Accounts list is measured beside."""
