FROM scratch as base
# check=skip=all
