"""The product's side: the same deals as records of an object that is only metadata."""
