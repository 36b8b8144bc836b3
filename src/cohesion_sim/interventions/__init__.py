"""Kinds of intervention, one a file, found by file name."""
