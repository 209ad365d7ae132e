"""Published and measured references, and how far the models are from them."""
