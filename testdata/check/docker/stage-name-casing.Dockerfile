FROM scratch AS BadName
FROM scratch AS good
FROM scratch AS goodToo
