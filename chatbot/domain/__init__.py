"""The nouns: frozen dataclasses that every other package may import."""
