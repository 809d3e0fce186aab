"""Every speed and memory claim, measured against a named rival in the same run. `make bench` writes results.md."""
