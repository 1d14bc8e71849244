FROM alpine
ADD <<E << "F G" /f/
x
E
y
F G
