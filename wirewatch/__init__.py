"""The application: command line, settings and wiring. Imports every other package; nothing imports it."""

__version__ = "0.1.0"
