"""The customer's own pages. Whose rows they show is said in each query; who may do what, beside each route."""
