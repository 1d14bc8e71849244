FROM alpine
LABEL "com.example.vendor"="ACME Incorporated" version="1.0"
LABEL description="This text \
goes on" a=x\ y b=
LABEL version=2 multi.label='a b' \
      other="c"
LABEL old form of one
