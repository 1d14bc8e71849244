# check=skip=NoSuchRule
FROM scratch as base
