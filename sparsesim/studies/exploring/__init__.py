"""Search for machines and pruning plans: what may change, what for, and under which constraints."""
