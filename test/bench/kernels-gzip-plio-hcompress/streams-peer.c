/*
 * The peer of streams.mjs: CFITSIO's decoders of PLIO_1 and HCOMPRESS_1 on the same tiles.
 *   cc -O2 streams-peer.c -o streams-peer -lcfitsio
 *   streams-peer TILES: for each line on standard input decodes all tiles once and prints nanoseconds of processor time
 *   per pixel and a checksum.
 * TILES: u32 tiles, u32 pixels in a tile, u32 kind (1 PLIO_1, 2 HCOMPRESS_1 of 32-bit, 3 of 8- and 16-bit images), u32
 * smooth; then for each tile u32 length and its bytes.
 */
#include <fitsio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int fits_hdecompress(unsigned char *input, int smooth, int *a, int *ny, int *nx, int *scale, int *status);
int fits_hdecompress64(unsigned char *input, int smooth, LONGLONG *a, int *ny, int *nx, int *scale, int *status);
int pl_l2pi(short *list, int first, int *pixels, int count);

int main(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  uint32_t head[4];
  if (!file || fread(head, 4, 4, file) != 4) return 1;
  const uint32_t tiles = head[0], pixels = head[1], kind = head[2], smooth = head[3];
  unsigned char **streams = malloc(tiles * sizeof *streams);
  for (uint32_t tile = 0; tile < tiles; tile++) {
    uint32_t length;
    if (fread(&length, 4, 1, file) != 1) return 1;
    streams[tile] = calloc(length + 64, 1);
    if (fread(streams[tile], 1, length, file) != length) return 1;
    /* The words of a line list, as CFITSIO reads them from the heap. */
    for (uint32_t i = 0; kind == 1 && i + 1 < length; i += 2)
      *(short *)(streams[tile] + i) = (short)(streams[tile][i] << 8 | streams[tile][i + 1]);
  }
  int *out = malloc(8 * (size_t)pixels + 64);
  for (int command; (command = getchar()) != EOF;) {
    if (command != '\n') continue;
    struct timespec start, end;
    uint32_t sum = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (uint32_t tile = 0; tile < tiles; tile++) {
      int ny, nx, scale, status = 0;
      if (kind == 1) pl_l2pi((short *)streams[tile], 1, out, pixels);
      else if (kind == 2) fits_hdecompress64(streams[tile], smooth, (LONGLONG *)out, &ny, &nx, &scale, &status);
      else fits_hdecompress(streams[tile], smooth, out, &ny, &nx, &scale, &status);
      if (status) return 1;
      sum += out[pixels - 1];
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    const double nanoseconds = (end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec);
    printf("%.4f %u\n", nanoseconds / ((double)tiles * pixels), sum);
    fflush(stdout);
  }
  return 0;
}
