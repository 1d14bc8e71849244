FROM checkonbuild
WORKDIR /x
