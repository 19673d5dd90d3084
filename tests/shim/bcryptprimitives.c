/* bcryptprimitives.dll for wine 8 (Debian 12), which has none; Rust's standard library imports ProcessPrng from
 * it. For tests under wine only: nothing that is shipped contains or needs this. Windows has its own.
 *
 *   x86_64-w64-mingw32-gcc -shared -nostdlib -Wl,--entry,entry -Os -s -o bcryptprimitives.dll bcryptprimitives.c -ladvapi32
 *
 * Put it beside the program that is started. Without mingw's runtime, which under wine now and then crashes when a
 * program ends. */
#include <stddef.h>

/* RtlGenRandom, by the name that advapi32.dll exports it under. */
__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *buffer, unsigned long len);

int __stdcall entry(void *library, unsigned long reason, void *reserved)
{
    (void)library, (void)reason, (void)reserved;
    return 1;
}

__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *buffer, size_t len)
{
    while (len > 0) {
        unsigned long part = len > 0x10000000 ? 0x10000000 : (unsigned long)len;
        if (!SystemFunction036(buffer, part))
            return 0;
        buffer += part;
        len -= part;
    }
    return 1;
}
