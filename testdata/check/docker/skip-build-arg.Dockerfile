FROM scratch as base
copy Dockerfile .
# test: arg BUILDKIT_DOCKERFILE_CHECK=skip=FromAsCasing
