FROM alpine
ARG A=${B:?}
