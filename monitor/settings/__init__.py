"""Configuration files and environment to validated, frozen settings."""
