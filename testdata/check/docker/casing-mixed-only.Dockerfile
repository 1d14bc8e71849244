From busybox
Run echo a
