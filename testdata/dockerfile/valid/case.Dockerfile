froM alpine As x
rUn a
Copy --from=X a b
