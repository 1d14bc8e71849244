FROM scratch as a
from scratch AS b
FROM scratch AS c
from scratch as d
From scratch as e
FROM scratch As f
