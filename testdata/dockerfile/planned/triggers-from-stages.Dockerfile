# Nothing but the triggers of the base image asks for stages 0, 1 and 2.
FROM alpine AS first
RUN first
FROM alpine AS unused
FROM triggers AS assets
COPY --from=unused /u /a
FROM alpine AS never
FROM scratch AS assets
COPY --from=first /f /a
FROM alpine AS between
FROM triggers
RUN last
