ARG V
FROM "${V}"
