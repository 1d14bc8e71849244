FROM alpine AS base
CMD ["x"]
ENTRYPOINT ["e"]
FROM base AS reset
ENTRYPOINT ["y"]
FROM base AS kept
CMD ["z"]
ENTRYPOINT ["y"]
FROM base AS emptied
ENTRYPOINT []
FROM base AS no-cmd
CMD []
FROM base AS text
CMD
FROM scratch
COPY --from=reset /etc a
COPY --from=kept /etc a
COPY --from=emptied /etc a
COPY --from=no-cmd /etc a
COPY --from=text /etc a
