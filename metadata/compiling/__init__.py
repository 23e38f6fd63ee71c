"""The parts of the compiler; use `metadata.compiler`."""
