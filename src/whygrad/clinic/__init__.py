"""Sick training runs and healthy ones: what the doctor is measured on, and what learners examine.

Needs the extra `clinic`: PyTorch, and scikit-learn for its small data sets.
"""
