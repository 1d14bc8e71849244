FROM scratch as a
RUN a \

 b
ENV A b
