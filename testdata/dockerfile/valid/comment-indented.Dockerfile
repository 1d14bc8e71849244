  # one
	#two
FROM alpine
   # three
RUN a \
    # four
  b \
# five \
  c
