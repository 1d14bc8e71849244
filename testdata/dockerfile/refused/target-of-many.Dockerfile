FROM a AS one
FROM a
FROM a
FROM a
FROM a
FROM a
FROM a
FROM a
FROM a
FROM a
FROM a
FROM a
FROM a
FROM a
FROM a
# test: target zzzzz
