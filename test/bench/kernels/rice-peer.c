/*
 * The peer of rice.ts: CFITSIO's decoder on the same rows.
 *   cc -O2 rice-peer.c -o rice-peer -lcfitsio
 *   rice-peer ROWS: for each line on standard input decodes all rows once and prints nanoseconds of
 *   processor time per pixel and a checksum.
 * ROWS: u32 rows, u32 pixels in a row; then for each row u32 length and its bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int fits_rdecomp(unsigned char *c, int clen, unsigned int array[], int nx, int nblock);

int main(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  uint32_t head[2];
  if (!file || fread(head, 4, 2, file) != 2) return 1;
  const uint32_t rows = head[0], width = head[1];
  unsigned char **streams = malloc(rows * sizeof *streams);
  uint32_t *lengths = malloc(rows * sizeof *lengths);
  for (uint32_t row = 0; row < rows; row++) {
    if (fread(&lengths[row], 4, 1, file) != 1) return 1;
    streams[row] = calloc(lengths[row] + 64, 1);
    if (fread(streams[row], 1, lengths[row], file) != lengths[row]) return 1;
  }
  unsigned int *pixels = malloc(width * sizeof *pixels);
  for (int command; (command = getchar()) != EOF;) {
    if (command != '\n') continue;
    struct timespec start, end;
    uint32_t sum = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (uint32_t row = 0; row < rows; row++) {
      if (fits_rdecomp(streams[row], lengths[row], pixels, width, 32)) return 1;
      sum += pixels[width - 1];
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    const double nanoseconds = (end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec);
    printf("%.4f %u\n", nanoseconds / ((double)rows * width), sum);
    fflush(stdout);
  }
  return 0;
}
