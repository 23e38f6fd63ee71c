"""The floor: a hand-written application for exactly these deals.

A typed table with the indexes that its own pages need, SQL written by hand, a view function for
each operation. It cannot be configured; that is what the product's generality is measured by.
"""
