"""Understanding backpropagation, one step at a time."""
