"""Benchmarks: the product beside a hand-written application on the same data.

`python -m benchmarks` (or `make bench`) loads both, measures them in turns and prints ratios of
medians; docs/performance.md says what is measured and how to read it.
"""
