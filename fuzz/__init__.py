"""Coverage-guided fuzzing: arbitrary bytes, and what has to hold for all of them."""
