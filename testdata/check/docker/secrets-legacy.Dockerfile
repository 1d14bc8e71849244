FROM scratch
ENV TOKEN abc
