"""Database access: engine, unit of work, base of the definition tables."""
