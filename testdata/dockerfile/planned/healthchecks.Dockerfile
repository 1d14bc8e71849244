FROM alpine
HEALTHCHECK --interval=30s --timeout=1m30s --start-period=1h --start-interval=1.5s --retries=3 CMD  curl  -f x || exit 1
HEALTHCHECK --interval=0s --retries= CMD ["a", "b\"c"]
HEALTHCHECK --interval=1ms none
HEALTHCHECK --timeout=2h0.5m CMD x
