FROM alpine
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN a | b
CMD a
ENTRYPOINT b
HEALTHCHECK CMD c
SHELL ["powershell", "-command"]
RUN a
