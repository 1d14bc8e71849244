FROM alpine
ENV A=abc B=${A/b}
