FROM checkrich
CMD echo a
