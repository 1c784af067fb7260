/*
 * Makes the images that the benches read: sky noise and sources, side x side pixels, packed by CFITSIO in each of the
 * ways that surveys use.
 *
 *   cc -O2 -o make-data make-data.c -lcfitsio -lm
 *   make-data FOLDER [side [FILE]]   side: a multiple of 2000, 10000 unless told; FILE: only this one of them
 *
 * The same pixels in all files: an exponential background of noise (sigma 3.2, correlated with the pixel before, as
 * resampled images are), and one round source for each 1666 pixels. The mask has one disc for each source.
 */
#include <fitsio.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRIP_ROWS = 2000 }; /* whole tiles of every height below */
enum { RADIUS = 12, STAMP = 2 * RADIUS + 1 };

enum pixels { SKY_FLOAT, SKY_INT16, MASK_INT32 };

struct packing {
    const char *file;
    const char *extension;
    enum pixels pixels;
    int codec;     /* 0: not compressed */
    float q;       /* levels in sigma of the noise; 0: floats are kept as they are */
    int dither;
    long tile[2];  /* 0: the whole width */
    long side;     /* 0: as told */
};

static const struct packing PACKINGS[] = {
    {"des-tile.fits.fz", "SCI", SKY_FLOAT, RICE_1, 16, SUBTRACTIVE_DITHER_2, {0, 1}},
    {"des-tile.fits.fz", "MSK", MASK_INT32, PLIO_1, 0, NO_DITHER, {0, 1}},
    {"des-small.fits.fz", "SCI", SKY_FLOAT, RICE_1, 16, SUBTRACTIVE_DITHER_2, {0, 1}, 1000},
    {"rice-100.fits.fz", "SCI", SKY_FLOAT, RICE_1, 16, SUBTRACTIVE_DITHER_2, {100, 100}},
    {"rice-1000.fits.fz", "SCI", SKY_FLOAT, RICE_1, 16, SUBTRACTIVE_DITHER_2, {1000, 1000}},
    {"rice-int16.fits.fz", "SCI", SKY_INT16, RICE_1, 0, NO_DITHER, {0, 1}},
    {"gzip1-lossless.fits.fz", "SCI", SKY_FLOAT, GZIP_1, 0, NO_DITHER, {0, 1}},
    {"gzip2-lossless.fits.fz", "SCI", SKY_FLOAT, GZIP_2, 0, NO_DITHER, {0, 1}},
    {"gzip2-q16.fits.fz", "SCI", SKY_FLOAT, GZIP_2, 16, SUBTRACTIVE_DITHER_2, {0, 1}},
    {"hcompress.fits.fz", "SCI", SKY_FLOAT, HCOMPRESS_1, 16, SUBTRACTIVE_DITHER_1, {0, 16}},
    {"plain.fits", "SCI", SKY_FLOAT, 0, 0, NO_DITHER, {0, 0}},
};

/* xorshift64*: the same images everywhere. */
static uint64_t state;
static int has_spare;

static void seed(uint64_t value)
{
    state = value;
    has_spare = 0;
}

static double uniform(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return ((state * 2685821657736338717u) >> 11) * (1.0 / 9007199254740992.0);
}

static double normal(void)
{
    static double spare;
    if (has_spare) {
        has_spare = 0;
        return spare;
    }
    double r = sqrt(-2 * log(1 - uniform())), phi = 2 * M_PI * uniform();
    spare = r * sin(phi);
    has_spare = 1;
    return r * cos(phi);
}

struct source { double x, y, peak, sigma; };

/* One place in each cell of a grid, so that the sources are in order of y, about. */
static struct source *make_sources(long side, long *count)
{
    long cells = side / 41;
    struct source *sources = malloc(cells * cells * sizeof *sources);
    seed(20260101);
    for (long i = 0; i < cells * cells; i++) {
        struct source *s = &sources[i];
        s->x = (i % cells + uniform()) * 41;
        s->y = (i / cells + uniform()) * 41;
        s->peak = 5 * pow(1 - uniform() * 0.9995, -0.9); /* few bright ones, many faint */
        s->sigma = 1.6 + 0.8 * uniform();
    }
    *count = cells * cells;
    return sources;
}

static void fill_noise(float *rows, long side, long count)
{
    for (long y = 0; y < count; y++) {
        double before = 0;
        for (long x = 0; x < side; x++) {
            double value = 2.9 * normal();
            rows[y * side + x] = (float)(value + 0.45 * before);
            before = value;
        }
    }
}

static void add_sources(float *rows, int *mask, long side, long y0, long strip, const struct source *sources, long count)
{
    for (long i = 0; i < count; i++) {
        const struct source *s = &sources[i];
        if (s->y + RADIUS < y0 || s->y - RADIUS > y0 + strip) continue;
        for (long y = (long)s->y - RADIUS; y < (long)s->y + STAMP - RADIUS; y++) {
            for (long x = (long)s->x - RADIUS; x < (long)s->x + STAMP - RADIUS; x++) {
                if (y < y0 || y >= y0 + strip || x < 0 || x >= side) continue;
                double r2 = (x - s->x) * (x - s->x) + (y - s->y) * (y - s->y);
                rows[(y - y0) * side + x] += (float)(s->peak * exp(-r2 / (2 * s->sigma * s->sigma)));
                if (s->peak > 50 && r2 < RADIUS * RADIUS) mask[(y - y0) * side + x] |= 1 + (i % 5 == 0 ? 64 : 0);
            }
        }
    }
}

static void stop_on(int status, const char *doing)
{
    if (!status) return;
    fprintf(stderr, "make-data: cannot write %s\n", doing);
    fits_report_error(stderr, status);
    exit(1);
}

/* A TAN header of DES's scale, so that positions work as well. */
static void write_wcs(fitsfile *file, long side, int *status)
{
    double center = side / 2 + 0.5, scale = 0.263 / 3600, zero = 0, west = -scale, ra = 59.2, dec = -52.8;
    fits_write_key(file, TSTRING, "CTYPE1", "RA---TAN", NULL, status);
    fits_write_key(file, TSTRING, "CTYPE2", "DEC--TAN", NULL, status);
    fits_write_key(file, TDOUBLE, "CRPIX1", &center, NULL, status);
    fits_write_key(file, TDOUBLE, "CRPIX2", &center, NULL, status);
    fits_write_key(file, TDOUBLE, "CRVAL1", &ra, NULL, status);
    fits_write_key(file, TDOUBLE, "CRVAL2", &dec, NULL, status);
    fits_write_key(file, TDOUBLE, "CD1_1", &west, NULL, status);
    fits_write_key(file, TDOUBLE, "CD1_2", &zero, NULL, status);
    fits_write_key(file, TDOUBLE, "CD2_1", &zero, NULL, status);
    fits_write_key(file, TDOUBLE, "CD2_2", &scale, NULL, status);
}

static fitsfile *create_hdu(fitsfile *file, const char *path, const struct packing *p, long side, int *status)
{
    long size[2] = {side, side}, tile[2] = {p->tile[0] ? p->tile[0] : side, p->tile[1]};
    if (file == NULL) {
        remove(path);
        fits_create_diskfile(&file, path, status);
    }
    if (p->codec != 0) {
        fits_set_compression_type(file, p->codec, status);
        fits_set_tile_dim(file, 2, tile, status);
        fits_set_quantize_level(file, p->q, status);
        if (p->q != 0) {
            fits_set_quantize_method(file, p->dither, status);
            fits_set_dither_seed(file, 4242, status);
        }
    }
    int bitpix = p->pixels == SKY_FLOAT ? FLOAT_IMG : p->pixels == SKY_INT16 ? SHORT_IMG : LONG_IMG;
    fits_create_img(file, bitpix, 2, size, status);
    fits_write_key(file, TSTRING, "EXTNAME", (void *)p->extension, NULL, status);
    write_wcs(file, side, status);
    return file;
}

/* Each HDU is written from its first row to its last: the pixels are made anew for each. */
static void write_hdu(fitsfile *file, const struct packing *p, long side, const struct source *sources, long count)
{
    int status = 0;
    long strip = side < STRIP_ROWS ? side : STRIP_ROWS, pixels = side * strip;
    float *rows = malloc(pixels * sizeof *rows);
    int *mask = malloc(pixels * sizeof *mask);
    if (rows == NULL || mask == NULL) stop_on(MEMORY_ALLOCATION, p->file);
    for (long y0 = 0; y0 < side; y0 += strip) {
        seed(88172645463325252u + y0);
        memset(mask, 0, pixels * sizeof *mask);
        fill_noise(rows, side, strip);
        add_sources(rows, mask, side, y0, strip, sources, count);
        LONGLONG first = (LONGLONG)y0 * side + 1;
        if (p->pixels == MASK_INT32) {
            fits_write_img(file, TINT, first, pixels, mask, &status);
        } else if (p->pixels == SKY_INT16) { /* whole counts: what a camera gives */
            short *counts = (short *)mask;
            for (long i = 0; i < pixels; i++) counts[i] = (short)fminf(32767, rintf(rows[i] * 2 + 400));
            fits_write_img(file, TSHORT, first, pixels, counts, &status);
        } else {
            fits_write_img(file, TFLOAT, first, pixels, rows, &status);
        }
        stop_on(status, p->file);
    }
    free(rows);
    free(mask);
}

int main(int argc, char **argv)
{
    long side = argc > 2 ? atol(argv[2]) : 10000, count;
    if (argc < 2 || side < STRIP_ROWS || side % STRIP_ROWS != 0) {
        fprintf(stderr, "usage: make-data FOLDER [side [FILE]], with side a multiple of %d\n", STRIP_ROWS);
        return 2;
    }
    struct source *sources = make_sources(side, &count);
    fitsfile *file = NULL;
    size_t packings = sizeof PACKINGS / sizeof *PACKINGS;
    for (size_t i = 0; i < packings; i++) {
        const struct packing *p = &PACKINGS[i];
        if (argc > 3 && strcmp(argv[3], p->file) != 0) continue;
        char path[4096];
        int status = 0;
        snprintf(path, sizeof path, "%s/%s", argv[1], p->file);
        fprintf(stderr, "%s[%s]\n", p->file, p->extension);
        long own_side = p->side ? p->side : side;
        file = create_hdu(file, path, p, own_side, &status);
        stop_on(status, path);
        write_hdu(file, p, own_side, sources, count);
        if (i + 1 == packings || strcmp(PACKINGS[i + 1].file, p->file) != 0) {
            fits_close_file(file, &status);
            stop_on(status, path);
            file = NULL;
        }
    }
    return 0;
}
