"""Questions asked of many runs: one method a file, pure functions on tables."""
