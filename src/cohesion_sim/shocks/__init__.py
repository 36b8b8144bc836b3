"""Kinds of shock, one a file, found by file name."""
