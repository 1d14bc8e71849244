FROM alpine
ENV A=1
ENV A=2 B=$A C=$B
ENV D=$A$B
LABEL a=$A b=$a
