"""The weekly rules as compiled pure functions on arrays, one mechanism a file.

Residents read last week's state and write this week's; a row is written by one loop iteration only. Every
random number is keyed by person, tie or dispute, so no result depends on the order of rows or on threads.
"""

import numba

# A resident's eight attitudes fit one vector register; without this LLVM pass Numba handles them one by one (1.6 times
# slower). The pass changes speed only: it never reorders sums.
numba.config.SLP_VECTORIZE = 1
