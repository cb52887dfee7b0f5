"""Papers for customers: what stands on them, and the drawing of a PDF. Knows no database and no framework."""
