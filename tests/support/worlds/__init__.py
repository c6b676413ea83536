"""Sets of policies of every kind in a small world, what is not known of it, and its worlds.

What the program calls uncertain is a set of worlds here, in each of which everything is known, so
that the plain evaluator in tests/support/engines can be asked.
"""
