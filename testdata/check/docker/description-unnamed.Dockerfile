# check=experimental=InvalidDefinitionDescription
# something
FROM scratch
