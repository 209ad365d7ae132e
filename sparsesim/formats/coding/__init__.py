"""Values and positions as bits: number types, packed streams, gaps, codebooks, k-means, Huffman codes."""
