FROM alpine
ENV A=ÿþ B="Ã© â‚¬"
RUN echo   x
