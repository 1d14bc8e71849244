FROM checkrich
WORKDIR sub
