FROM debian:trixie-slim

# prevent the distribution's packages from being installed
# https://example.com/php/pull/542
RUN set -eux; \
	{ \
		echo 'Package: php*'; \
		echo 'Pin: release *'; \
		echo 'Pin-Priority: -1'; \
	} > /etc/apt/preferences.d/no-debian-php

# dependencies required for running "phpize"
# (see persistent deps below)
ENV PHPIZE_DEPS \
		autoconf \
		dpkg-dev \
		file \
		g++ \
		re2c

RUN set -eux; \
	apt-get install -y --no-install-recommends \
		$PHPIZE_DEPS \
		curl

ENV PHP_INI_DIR /usr/local/etc/php
RUN set -eux; \
	mkdir -p "$PHP_INI_DIR/conf.d"; \
# allow running as an arbitrary user
	[ ! -d /var/www/html ]; \
	mkdir -p /var/www/html; \
	chmod 1777 /var/www/html

# Enable optimization (-O2)
# Adds GNU HASH segments to generated executables (this is used if present, and is much faster than sysv hash)
ENV PHP_CFLAGS="-fstack-protector-strong -fpic -fpie -O2 -D_LARGEFILE_SOURCE -D_FILE_OFFSET_BITS=64"
ENV PHP_CPPFLAGS="$PHP_CFLAGS"
ENV PHP_LDFLAGS="-Wl,-O1 -pie"

ENV PHP_VERSION 8.4.12
ENV PHP_URL="https://www.example.net/distributions/php-8.4.12.tar.xz" PHP_ASC_URL="https://www.example.net/distributions/php-8.4.12.tar.xz.asc"
ENV PHP_SHA256="c1b7978cbb5054eed6c749bde4444afc16a3f2268101fb70a7d5d9b1083b12ad"

COPY docker-php-source /usr/local/bin/

RUN set -eux; \
	export \
		CFLAGS="$PHP_CFLAGS" \
		CPPFLAGS="$PHP_CPPFLAGS" \
# https://example.com/php/blob/main/NEWS
		PHP_BUILD_PROVIDER='https://example.com/php' \
		PHP_UNAME='Linux - Docker' \
	; \
	if [ ! -d /usr/include/curl ]; then \
		ln -sT "/usr/include/$debMultiarch/curl" /usr/local/include/curl; \
	fi; \
	./configure \
		--build="$gnuArch" \
		--with-config-file-path="$PHP_INI_DIR" \
		--enable-option-checking=fatal \
		\
# https://example.com/php/issues/439
		--with-mhash \
		\
		--with-pic \
# bundled pcre does not support JIT on some architectures
		$(test "$gnuArch" = 'riscv64-linux-gnu' && echo '--without-pcre-jit') \
	; \
	find \
		/usr/local \
		-type f \
		-perm '/0111' \
		-exec sh -euxc ' \
			strip --strip-all "$@" || : \
		' -- '{}' + \
	; \
	php --version

COPY docker-php-ext-* docker-php-entrypoint /usr/local/bin/

# sodium was built as a shared module (so that it can be replaced later if so desired), so let's enable it too
RUN docker-php-ext-enable opcache sodium

ENTRYPOINT ["docker-php-entrypoint"]
WORKDIR /var/www/html

RUN set -eux; \
	cd /usr/local/etc; \
	{ \
		echo '[global]'; \
		echo 'error_log = /proc/self/fd/2'; \
		echo; echo '; https://example.com/php/pull/725#issuecomment-443540114'; echo 'log_limit = 8192'; \
		echo; \
		echo '[www]'; \
		echo 'access.format = "%R - %u %t \"%m %r\" %s"'; \
		echo 'clear_env = no'; \
	} | tee php-fpm.d/docker.conf

# Override stop signal to stop process gracefully
# https://example.com/php/blob/17be057fc6d9ba0a5d7e5ee5f8bc3c5ce4f8ad77/sapi/fpm/php-fpm.8.in#L163
STOPSIGNAL SIGQUIT

EXPOSE 9000
CMD ["php-fpm"]
