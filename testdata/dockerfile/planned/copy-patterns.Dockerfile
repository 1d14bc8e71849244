FROM alpine
COPY *.png index.?s /d/
ADD *.png index.?s arr[[]0].txt [a-c]x [^a]y /d/
COPY ../something something/ /else /d/
COPY --parents ./x/./y/*.txt ./src/**/*.txt /d/
COPY --parents=true --exclude=**/*.md --exclude=docs /a/./b/ /d/
ADD --exclude=*.txt --exclude=!keep.txt hom* /d/
COPY a.txt /abs
COPY a.txt /abs/
COPY a.txt rel/
