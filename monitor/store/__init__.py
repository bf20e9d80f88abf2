"""The database: tables and one repository a thing. The only SQL."""
