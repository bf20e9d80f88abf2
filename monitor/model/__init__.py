"""The vocabulary: frozen values that the rooms hand each other. Imports nothing of ours."""
