FROM alpine
RU\
N ec\
ho
COPY --fr\
om=alpine a\
b c
