// How long it takes to look at a file, near and deep, at a name that is not there, and to list the folder `many`: nanoseconds of
// each, the least of several rounds. The same source is a native program and a WASI one.
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

enum { ROUNDS = 7, LOOKS = 10000, LISTINGS = 300 };

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e9 + at.tv_nsec;
}

int main(void) {
  static const char *const paths[] = {"near", "deep/er/file", "nothing"};
  for (int path = 0; path < 3; path++) {
    double least = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
      struct stat known;
      double start = now();
      for (int look = 0; look < LOOKS; look++) stat(paths[path], &known);
      double each = (now() - start) / LOOKS;
      if (each < least) least = each;
    }
    printf("stat:%s 1 %.0f\n", paths[path], least);
  }
  double least = 1e18;
  int entries = 0;
  for (int round = 0; round < ROUNDS; round++) {
    double start = now();
    for (int listing = 0; listing < LISTINGS; listing++) {
      DIR *dir = opendir("many");
      for (entries = 0; readdir(dir);) entries++;
      closedir(dir);
    }
    double each = (now() - start) / LISTINGS;
    if (each < least) least = each;
  }
  printf("list:many %d %.0f\n", entries - 2, least);
}
