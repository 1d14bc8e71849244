FROM busybox AS context
FROM busybox AS scratch
FROM busybox AS contexts
FROM busybox AS Context
