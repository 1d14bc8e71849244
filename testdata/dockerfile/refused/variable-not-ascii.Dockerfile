FROM alpine
ENV a=$ä b=${ä:-x}
