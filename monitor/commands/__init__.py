"""What a person types: one thin file a verb."""
