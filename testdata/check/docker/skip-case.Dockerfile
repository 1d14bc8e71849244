# check=skip=fromascasing,CONSISTENTINSTRUCTIONCASING
FROM scratch as base
copy Dockerfile .
