"""Three ways to show gains: bars, a heat map where bars would be too many, and curves over sparsity."""
