/*
 * Reads windows of FITS images with CFITSIO, as a peer for the benches. One request a line of stdin, one answer a line
 * of stdout; times are nanoseconds of the read alone.
 *
 *   keep   HDU x0 y0 width height FILE    the file stays open between requests   -> "<ns>"
 *   open   HDU x0 y0 width height FILE    opened and closed within the time      -> "<ns>"
 *   check  HDU x0 y0 width height FILE    CRC-32 of the pixels, big-endian, one kind of NaN -> "<crc>"
 *   rice   HDU row0 rows FILE             fits_rdecomp on the bytes of whole tiles, read beforehand -> "<ns> <pixels>"
 *   cpu                                   times are of the processor from here on, not of the wall -> "ok"
 *   versions                              -> "CFITSIO <version>"
 *
 * HDU and pixels count from 0. A failure is answered with "error <text>".
 */
#include <errno.h>
#include <fitsio.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

/* Exported by the library, declared in its private header: the Rice decoder of 4-byte integers. */
int fits_rdecomp(unsigned char *c, int clen, unsigned int array[], int nx, int nblock);

static fitsfile *kept = NULL;
static char kept_path[4096];
static int kept_hdu = -1;

static unsigned char *buffer = NULL;
static size_t buffer_bytes = 0;

static clockid_t clock_id = CLOCK_MONOTONIC;

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(clock_id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *reserve(size_t bytes)
{
    if (bytes > buffer_bytes) {
        free(buffer);
        buffer = malloc(bytes);
        buffer_bytes = buffer == NULL ? 0 : bytes;
        if (buffer != NULL) memset(buffer, 0, bytes); /* page faults now, not in the time */
    }
    return buffer;
}

static void open_hdu(fitsfile **file, const char *path, int hdu, int *status)
{
    fits_open_diskfile(file, path, READONLY, status);
    fits_movabs_hdu(*file, hdu + 1, NULL, status);
}

static void keep_hdu(const char *path, int hdu, int *status)
{
    if (kept != NULL && kept_hdu == hdu && strcmp(kept_path, path) == 0) return;
    if (kept != NULL) fits_close_file(kept, status);
    kept = NULL;
    open_hdu(&kept, path, hdu, status);
    kept_hdu = hdu;
    snprintf(kept_path, sizeof kept_path, "%s", path);
}

/* The pixels of a plane, floats as floats with NaN for null pixels, integers as stored. */
static void read_window(fitsfile *file, int type, const long first[2], const long last[2], int *status)
{
    long f[9] = {first[0], first[1], 1, 1, 1, 1, 1, 1, 1}, l[9] = {last[0], last[1], 1, 1, 1, 1, 1, 1, 1};
    long step[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    float nan_float = NAN;
    double nan_double = NAN;
    void *null = type == TFLOAT ? (void *)&nan_float : type == TDOUBLE ? (void *)&nan_double : NULL;
    int any;
    fits_read_subset(file, type, f, l, step, null, buffer, &any, status);
}

static int pixel_type(fitsfile *file, int *size, int *status)
{
    int bitpix = 0;
    fits_get_img_type(file, &bitpix, status);
    *size = abs(bitpix) / 8;
    switch (bitpix) {
    case BYTE_IMG: return TBYTE;
    case SHORT_IMG: return TSHORT;
    case LONG_IMG: return TINT;
    case LONGLONG_IMG: return TLONGLONG;
    case FLOAT_IMG: return TFLOAT;
    default: return TDOUBLE;
    }
}

static uint32_t crc_big_endian(size_t pixels, int type, int size)
{
    for (size_t i = 0; i < pixels; i++) {
        unsigned char *p = buffer + i * size;
        if (type == TFLOAT && isnan(((float *)buffer)[i])) memcpy(p, &(uint32_t){0x7fc00000}, 4);
        if (type == TDOUBLE && isnan(((double *)buffer)[i])) memcpy(p, &(uint64_t){0x7ff8000000000000}, 8);
        for (int a = 0, b = size - 1; a < b; a++, b--) {
            unsigned char t = p[a];
            p[a] = p[b];
            p[b] = t;
        }
    }
    return crc32_z(0, buffer, pixels * size);
}

static void window_request(const char *mode, const char *path, int hdu, const long window[4])
{
    int status = 0, size = 0;
    long first[2] = {window[0] + 1, window[1] + 1}, last[2] = {window[0] + window[2], window[1] + window[3]};
    size_t pixels = (size_t)window[2] * window[3];
    keep_hdu(path, hdu, &status);
    int type = status ? TFLOAT : pixel_type(kept, &size, &status);
    if (!status && reserve(pixels * size) == NULL) status = MEMORY_ALLOCATION;

    int64_t start = now();
    if (!status && strcmp(mode, "open") == 0) {
        fitsfile *file = NULL;
        open_hdu(&file, path, hdu, &status);
        if (!status) read_window(file, pixel_type(file, &size, &status), first, last, &status);
        if (file != NULL) fits_close_file(file, &status);
    } else if (!status) {
        read_window(kept, type, first, last, &status);
    }
    int64_t elapsed = now() - start;

    if (status) {
        char text[FLEN_STATUS];
        fits_get_errstatus(status, text);
        fits_clear_errmsg();
        kept = NULL;
        printf("error CFITSIO: %s (%d)\n", text, status);
    } else if (strcmp(mode, "check") == 0) {
        printf("%u\n", crc_big_endian(pixels, type, size));
    } else {
        printf("%lld\n", (long long)elapsed);
    }
}

static void rice_request(const char *path, int hdu, long row0, long rows)
{
    int status = 0, column = 0, any;
    long width = 0, height = 0, block = 32;
    keep_hdu(path, hdu, &status);
    fits_get_colnum(kept, CASEINSEN, "COMPRESSED_DATA", &column, &status);
    fits_read_key(kept, TLONG, "ZTILE1", &width, NULL, &status);
    fits_read_key(kept, TLONG, "ZTILE2", &height, NULL, &status);
    if (!status && fits_read_key(kept, TLONG, "ZVAL1", &block, NULL, &status)) status = 0, block = 32;

    LONGLONG length, offset, total = 0;
    for (long row = 0; !status && row < rows; row++) {
        fits_read_descriptll(kept, column, row0 + row + 1, &length, &offset, &status);
        total += length;
    }
    unsigned char *bytes = malloc(total + 64);
    LONGLONG *ends = malloc(rows * sizeof *ends);
    unsigned int *pixels = malloc((size_t)width * height * sizeof *pixels);
    total = 0;
    for (long row = 0; !status && row < rows; row++) {
        fits_read_descriptll(kept, column, row0 + row + 1, &length, &offset, &status);
        if (length > 0) fits_read_col(kept, TBYTE, column, row0 + row + 1, 1, length, NULL, bytes + total, &any, &status);
        ends[row] = total += length;
    }
    int64_t start = now(), decoded = 0;
    for (long row = 0; !status && row < rows; row++) {
        LONGLONG from = row == 0 ? 0 : ends[row - 1];
        if (ends[row] == from) continue; /* not quantised: stored elsewhere */
        if (fits_rdecomp(bytes + from, ends[row] - from, pixels, width * height, block)) status = DATA_DECOMPRESSION_ERR;
        decoded += width * height;
    }
    int64_t elapsed = now() - start;
    free(bytes);
    free(ends);
    free(pixels);
    if (status) printf("error CFITSIO status %d\n", status);
    else printf("%lld %lld\n", (long long)elapsed, (long long)decoded);
}

int main(void)
{
    char line[8192], mode[16], path[4096];
    int hdu;
    long w[4];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "%15s", mode) != 1) mode[0] = 0;
        if (strcmp(mode, "versions") == 0)
            printf("CFITSIO %d.%d.%d\n", CFITSIO_MAJOR, CFITSIO_MINOR, CFITSIO_MICRO);
        else if (strcmp(mode, "cpu") == 0 && (clock_id = CLOCK_PROCESS_CPUTIME_ID))
            printf("ok\n");
        else if (strcmp(mode, "rice") == 0 && sscanf(line, "%*s %d %ld %ld %4095[^\n]", &hdu, &w[0], &w[1], path) == 4)
            rice_request(path, hdu, w[0], w[1]);
        else if (sscanf(line, "%*s %d %ld %ld %ld %ld %4095[^\n]", &hdu, &w[0], &w[1], &w[2], &w[3], path) == 6)
            window_request(mode, path, hdu, w);
        else
            printf("error cannot understand the request\n");
        fflush(stdout);
    }
    return 0;
}
