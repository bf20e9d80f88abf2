"""Slack, by bot or webhook."""
