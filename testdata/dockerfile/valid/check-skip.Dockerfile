# check=skip=JSONArgsRecommended,StageNameCasing;experimental=CopyIgnoredFile;error=false
FROM alpine
