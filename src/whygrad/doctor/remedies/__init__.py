"""What can be done about a cause: the table of remedies, the changes they make, and trying them."""
