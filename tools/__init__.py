"""Writers and checks of generated files; see `tools.generate`."""
