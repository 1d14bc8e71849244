FROM busybox AS other
ENV A=$X
CMD echo
from busybox AS Wanted
WORKDIR rel
FROM busybox
ENV A=$X
# test: target wanted
