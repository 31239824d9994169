#include "cli/cli.h"

// Read by jemalloc when it starts: what is freed goes back to the system at once, so that a
// shadow's budget bounds resident memory and not only what is in use.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "dirty_decay_ms:0,muzzy_decay_ms:0";
}

int main(int argc, char** argv) { return gnomon::cli::main(argc, argv); }
