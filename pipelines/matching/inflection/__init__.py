"""Inflection: the closed list of written forms that one stem stands for. Nothing is stemmed when texts are read."""
