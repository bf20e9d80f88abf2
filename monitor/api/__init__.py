"""Questions to what is stored, answered as JSON values: one answer each, whoever asks (HTTP, an assistant, a verb)."""
