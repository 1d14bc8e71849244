FROM alpine
ENV a=1 b="x y" c='z \' d=e\ f g="h\"i"
ENV old value  of  words
ENV  t	 v
LABEL com.example.a="1" \
  "com.example b"=2 c=
LABEL multi="a\
b"
LABEL old value=x
ARG A B=1 C="d e" D=
