"""A whole country of municipalities, with and without a programme that is rolled out by district and month.

``load``: the file and its scenarios; ``places``: the municipalities drawn from it; ``live``: one of them, with and
without; ``parts``: what is done so far, on disk; ``run``: all of them; ``tables``: where it pays.
"""
