"""What things are, and the pure rules about them: identity, merge, codec, fold and query language. No I/O."""
