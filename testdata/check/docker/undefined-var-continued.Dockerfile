FROM busybox
ENV A=1 \
  B=$X \
  # comment
  C=2
ENV D=1
