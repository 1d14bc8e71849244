from busybox
cmd ["a"]
cmd ["b"]
