"""The detector judged beside plain rules: on labelled, synthetic and randomly split markets."""
