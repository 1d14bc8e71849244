FROM alpine AS build now
