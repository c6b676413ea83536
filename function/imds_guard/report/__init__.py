"""One module per thing that is shown, for people and for programs."""
