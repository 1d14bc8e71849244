ARG A=${B:?set B}
FROM alpine
