"""The weekly rules as compiled pure functions on arrays, one mechanism a file.

Residents read last week's state and write this week's; a row is written by one loop iteration only. Every
random number is keyed by person, tie or dispute, so no result depends on the order of rows or on threads.
"""
