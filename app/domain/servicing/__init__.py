"""Rules of a contract's life: its schedule, its status, how late it is."""
