FROM busybox
ENV "A" b
LABEL "com.x" "y z"
