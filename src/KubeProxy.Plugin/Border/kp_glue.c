/* SPDX-License-Identifier: Apache-2.0
 *
 * What only C can do for a plugin written in C#: the registration that VPP's loader reads from its own section, data
 * symbols, a constructor, and the signal handlers that must be put back. No VPP header is needed: the layouts come
 * from interop/Generated/vpp_layout.h, which the layout test proves.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "vpp_layout.h"

/* vlib/unix/plugin.h: vlib_plugin_registration_t */
struct plugin_registration
{
  uint8_t flags; /* default_disabled : 1, deep_bind : 1 */
  char version[64];
  char version_required[64];
  char overrides[256];
  const char *early_init;
  const char *description;
  char *load_after;
} __attribute__ ((aligned (64)));

_Static_assert (sizeof (struct plugin_registration) == VPP_PLUGIN_REGISTRATION_SIZE, "vlib_plugin_registration_t");
_Static_assert (offsetof (struct plugin_registration, version) == VPP_PLUGIN_REGISTRATION_VERSION, "version");
_Static_assert (offsetof (struct plugin_registration, version_required) == VPP_PLUGIN_REGISTRATION_VERSION_REQUIRED,
		"version_required");
_Static_assert (offsetof (struct plugin_registration, description) == VPP_PLUGIN_REGISTRATION_DESCRIPTION,
		"description");

/* A VPP of another version refuses the plugin before it is even mapped: the bindings fit this one only. */
__attribute__ ((visibility ("default"), section (VPP_PLUGIN_REGISTRATION_SECTION), used))
struct plugin_registration vlib_plugin_registration = {
  .version = KP_VERSION,
  .version_required = VPP_VERSION,
  .description = "Kubernetes services (kube-proxy data plane)",
};

/* vlib/init.h: _vlib_init_function_list_elt_t */
struct init_element
{
  struct init_element *next;
  void *(*function) (void *vm);
  char *name;
  char **runs_before;
  char **runs_after;
  char **init_order;
};

_Static_assert (sizeof (struct init_element) == VPP_INIT_FUNCTION_SIZE, "_vlib_init_function_list_elt_t");

/* VPP's data, whose addresses the managed side cannot take, and its log. */
extern char vlib_global_main[], vlib_buffer_func_main[], feature_main[], load_balance_pool[], adj_pool[], ip4_main[], ip6_main[];
extern uint32_t vlib_log_register_class (char *class_name, char *subclass_name);
extern void *vlib_get_node_by_name (void *vm, uint8_t *name);
extern void vlib_log (int level, uint32_t class_index, char *format, ...);

static void *const kp_imports[] = {
  vlib_global_main,
  vlib_buffer_func_main,
  feature_main,
  load_balance_pool,
  adj_pool,
  ip4_main,
  ip6_main,
};

/* The managed entry points. Each answers 0, or a text that says what went wrong. */
extern const char *kp_init_nodes (void *vm, void *const *imports);
extern const char *kp_init_services (void *vm);

/* The instruction set that the managed code was compiled for, AES beside it; the runtime would end the process on a lesser CPU. */
static const char kp_required_cpu[] __attribute__ ((used)) = "x86-64-v3";
static int kp_is_ready;

static int
cpu_has_x86_64_v3 (void)
{
  const unsigned leaf1 = bit_FMA | bit_CMPXCHG16B | bit_SSE4_2 | bit_AES | bit_MOVBE | bit_POPCNT | bit_OSXSAVE | bit_AVX | bit_F16C;
  const unsigned leaf7 = bit_BMI | bit_AVX2 | bit_BMI2;
  unsigned a, b, c, d;
  if (!__get_cpuid (1, &a, &b, &c, &d) || (c & leaf1) != leaf1)
    return 0;
  if (!__get_cpuid_count (7, 0, &a, &b, &c, &d) || (b & leaf7) != leaf7)
    return 0;
  if (!__get_cpuid (0x80000001, &a, &b, &c, &d) || !(c & bit_LZCNT))
    return 0;
  /* The operating system saves the vector registers: XCR0 bits 1 and 2. */
  unsigned low, high;
  __asm__ ("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & 6) == 6;
}

static int
cpu_is_good_enough (void)
{
  /* Read at run time, so that a test can ask for a CPU that does not exist. */
  const volatile char *required = kp_required_cpu;
  return required[sizeof (kp_required_cpu) - 2] == '3' && cpu_has_x86_64_v3 ();
}

static void
kp_log (int level, const char *text)
{
  vlib_log (level, vlib_log_register_class ("kube-proxy", "init"), "%s", text);
}

/*
 * The first managed call starts the .NET runtime, which puts its own handlers on SIGSEGV and SIGFPE. VPP's go back at
 * once, so that a crash is reported by VPP with exact frames, managed ones included.
 */
static void *
init_nodes (void *vm)
{
  struct sigaction segv, fpe;
  /* VPP ends itself when a node's name is taken: a copy of the plugin under another file name must not try. */
  if (vlib_get_node_by_name (vm, (uint8_t *) "kp4-nat4"))
    {
      kp_log (VPP_LOG_LEVEL_ERR, "not started: another copy of the plugin is loaded");
      return 0;
    }
  if (!cpu_is_good_enough ())
    {
      kp_log (VPP_LOG_LEVEL_ERR, "not started: this CPU lacks x86-64-v3 (AVX2, BMI2, FMA), which the plugin was compiled for");
      return 0;
    }
  sigaction (SIGSEGV, 0, &segv);
  sigaction (SIGFPE, 0, &fpe);
  const char *error = kp_init_nodes (vm, kp_imports);
  sigaction (SIGSEGV, &segv, 0);
  sigaction (SIGFPE, &fpe, 0);
  if (error)
    kp_log (VPP_LOG_LEVEL_ERR, error);
  else
    kp_is_ready = 1;
  return 0;
}

static void *
init_services (void *vm)
{
  const char *error = kp_is_ready ? kp_init_services (vm) : 0;
  if (error)
    kp_log (VPP_LOG_LEVEL_ERR, error);
  return 0;
}

/* Nodes and features must exist when the feature arcs are put together; everything else after the FIB's start. */
static char *nodes_before[] = { "vnet_feature_init", "ip4_lookup_init", "ip6_lookup_init", "ipsec_init", 0 };
static char *services_after[] = { "vnet_feature_init", "ip_main_init", "fib_module_init", "dpo_module_init", 0 };
static struct init_element nodes_element = { 0, init_nodes, "kp_init_nodes", nodes_before, 0, 0 };
static struct init_element services_element = { 0, init_services, "kp_init_services", 0, services_after, 0 };

static void __attribute__ ((constructor))
link_init_functions (void)
{
  struct init_element **head = (struct init_element **) (vlib_global_main + VPP_GLOBAL_MAIN_INIT_FUNCTIONS);
  nodes_element.next = *head;
  services_element.next = &nodes_element;
  *head = &services_element;
}
