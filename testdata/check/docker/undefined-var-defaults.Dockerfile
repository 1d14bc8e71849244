FROM busybox
ENV A=${B:-x} C=${D-y} E=${F:+z} G=${H+q}
ENV I=${J#x} K=${L%y} M=${N/a/b}
