FROM alpine
ENV T=ab/cd}e abc=letters
ENV A=${T/b\/c/X} B=${T//\//\/} C=${T%\}*} D="${T/a/"q"}" E=${T/\}/z}
ENV F="a\$b\"c\d" G='a\b' H=a\'b I="it's" J=${U-"x y"} K="${U-x y}" L=$T$T M=${T}x N=$1 O=$ P="$" Q=${T:+"a b"}
ENV R=${U:-${T:-x}} S=${U:-$T} V=${T#*/} W=${T##*\}} X=a"b c"d Y=\$T Z="\\$T"
ENV old  "a  b" $T  \ c
ENV AA=$abx AB=$abcd AC=$NOTHING
