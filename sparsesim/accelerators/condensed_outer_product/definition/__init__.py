"""The unit element by element in plain Python: the oracles that tests hold the kernels against.

`merging` defines the rounds, the merge and the prefetcher; counts must agree exactly. `timing` defines the cycles, with
the schedule from `timing_plan` and the merge tree from `timing_tree`; a Schedule only approximates it.
"""
