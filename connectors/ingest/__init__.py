"""Items pushed in from elsewhere: lines to items, items to the log."""
