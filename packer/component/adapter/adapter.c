// WASI 0.2 on top of preview 1, in the component's own memory: what a component imports, as core functions with the flat types
// of the canonical ABI. README.md tells how it becomes part of a program.
#include "base.h"
#include "cli.h"
#include "io.h"
#include "files.h"
#include "sockets.h"
