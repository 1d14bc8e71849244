FROM alpine
RUN ["c:\\tools\\list.exe", "a\tb\"c"]
RUN ["c:\tools\list.exe"]
CMD ["d:\\x"]
ENTRYPOINT ["d:\x"]
