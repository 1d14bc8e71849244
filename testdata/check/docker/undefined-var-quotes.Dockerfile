FROM busybox
ENV A='$B' C="\$D" E=\$F G="'$H'"
