"""The lists of what is polled: read, written, searched for, held against each other."""
