FROM --platform= scratch
ENV a=b
