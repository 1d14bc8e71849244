#check = skip=FromAsCasing , ConsistentInstructionCasing;error=false
FROM scratch as base
copy Dockerfile .
