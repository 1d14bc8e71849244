FROM busybox
COPY --chown=$U:$G --chmod=7${M}55 a b
ADD --chown=$S https://example.invalid/x /x
COPY --from=busybox $P /p
