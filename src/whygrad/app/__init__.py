"""The explorer's server: gives out the page, and traces what the page asks for."""
