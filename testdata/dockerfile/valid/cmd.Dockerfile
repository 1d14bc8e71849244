FROM alpine
CMD
CMD []
CMD ["a"]
CMD  a   b 
ENTRYPOINT ["/bin/sh", \
  "-c"]
ENTRYPOINT x
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
