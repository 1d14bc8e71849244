from alpine
copi a b
