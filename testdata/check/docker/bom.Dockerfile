FROM scratch as a
