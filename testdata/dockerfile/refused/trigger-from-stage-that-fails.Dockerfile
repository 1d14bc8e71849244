# Only the trigger needs the stage whose COPY is wrong.
FROM scratch AS assets
COPY --from=late /a /
FROM scratch AS late
FROM triggers
