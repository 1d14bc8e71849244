# check=skip=all,FromAsCasing
FROM scratch as base
copy Dockerfile .
