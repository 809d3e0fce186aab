"""What one feed calls one entry: entries of a document to items with names that stay."""
