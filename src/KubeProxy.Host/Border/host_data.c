/* What C# cannot do for the embedded host: define VPP's global data symbols, and read the time stamp counter.
   The sizes are upper bounds; Border/HostData.cs checks them against the structures of the bindings when the host starts. */
#include <stdint.h>

#define DATA(name) __attribute__ ((aligned (64), visibility ("default"))) unsigned char name[4096]

DATA (vlib_global_main);
DATA (vlib_buffer_func_main);
DATA (feature_main);

/* Zero: no interface is in any table, and nobody is told of one that goes to another. */
DATA (ip4_main);
DATA (ip6_main);
__attribute__ ((visibility ("default"))) void *load_balance_pool;
__attribute__ ((visibility ("default"))) void *adj_pool;

enum { DATA_BYTES = 4096 };

void *ku_host_data_vlib_global_main (void) { return vlib_global_main; }
void *ku_host_data_vlib_buffer_func_main (void) { return vlib_buffer_func_main; }
void *ku_host_data_feature_main (void) { return feature_main; }
void *ku_host_data_load_balance_pool (void) { return &load_balance_pool; }
void *ku_host_data_adj_pool (void) { return &adj_pool; }
uint64_t ku_host_data_bytes (void) { return DATA_BYTES; }

uint64_t ku_host_timestamp (void) { return __builtin_ia32_rdtsc (); }
