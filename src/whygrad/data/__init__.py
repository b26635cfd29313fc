"""Datasets: made by formula, read from CSV files, and the order they are visited in."""
