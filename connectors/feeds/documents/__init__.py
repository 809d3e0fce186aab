"""Bytes of a document to plain entries: encodings, formats, dates, texts; parsed in a worker that may be killed."""
