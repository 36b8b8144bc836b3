"""Portfolios under a budget: which mix of interventions does most, how sure that is, and what cannot be told apart."""
