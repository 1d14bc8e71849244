/*
 * The gzip compressor; made through ocib_compressor_new().
 *
 * The input is cut into blocks of a fixed size. Each is deflated alone, with the last 32 KiB of the
 * one before as its dictionary, and ends at a byte boundary (an empty stored block, as Z_SYNC_FLUSH
 * writes it), so the results put one after the other are one deflate stream and one gzip member
 * (RFC 1951, 1952). Blocks are deflated by several threads, and the bytes don't depend on how many.
 */
#ifndef OCIB_IO_GZIP_H
#define OCIB_IO_GZIP_H

#include "io/stream.h"

/* Owns `next`. Level 1 to 9. */
struct ocib_writer *ocib_gzip_writer(struct ocib_writer *next, int level);
/* The same with a number of threads; 0: the caller's alone. */
struct ocib_writer *ocib_gzip_writer_threads(struct ocib_writer *next, int level, unsigned threads);

#endif
