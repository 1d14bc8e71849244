FROM alpine
RUN <<-"EOF"
	#!/bin/sh
	echo
	EOF
