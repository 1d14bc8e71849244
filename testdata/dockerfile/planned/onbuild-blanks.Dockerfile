FROM scratch
ONBUILD  cmd  x \
  y 	
