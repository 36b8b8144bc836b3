"""Known answers: exact and classical results that must come out of this engine in limiting cases; one a file."""
