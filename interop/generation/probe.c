/* SPDX-License-Identifier: Apache-2.0 */

/* Asks a C compiler how VPP's structs are laid out.
     probe facts    the layout facts, which KubeProxy.Interop.Tests compares with the C# bindings
     probe header   the macros that the plugin's C file uses instead of VPP's headers
     probe version  VPP's version, major.minor */

#include "headers.h"
#include <vpp/app/version.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Tags without a typedef. */
typedef enum vl_counter_severity_e vl_counter_severity_e;

static void
print_bits (const char *type, const char *field, const unsigned char *ones, size_t size)
{
  size_t first = size * 8, n = 0;
  for (size_t bit = 0; bit < size * 8; bit++)
    if (ones[bit / 8] >> (bit % 8) & 1)
      {
	first = n ? first : bit;
	n++;
      }
  printf ("bits %s.%s %zu %zu\n", type, field, first, n);
}

static void
print_facts (const char *version)
{
  printf ("# Layout of VPP %s, x86_64, from its headers: made by interop/generation/generate.sh, never edited.\n", version);
  printf ("# sizeof type bytes alignment | field path offset bytes | bits path first_bit count | offset path bytes | enum member value | const name value\n");

#define T(t)	printf ("sizeof %s %zu %zu\n", #t, sizeof (t), _Alignof (t));
#define F(t, f) printf ("field %s.%s %zu %zu\n", #t, #f, offsetof (t, f), sizeof (((t *) 0)->f));
#define O(t, f) printf ("offset %s.%s %zu\n", #t, #f, offsetof (t, f));
#define E(t, e) printf ("enum %s.%s %lld\n", #t, #e, (long long) (e));
#define C(c)	printf ("const %s %llu\n", #c, sizeof (c) == 4 ? (unsigned) (c) : (unsigned long long) (c));
#define B(t, f)                                                                                                        \
  {                                                                                                                    \
    t v;                                                                                                               \
    memset (&v, 0, sizeof (v));                                                                                        \
    v.f = -1;                                                                                                          \
    print_bits (#t, #f, (const unsigned char *) &v, sizeof (v));                                                       \
  }
#include "facts-vppinfra.def"
#include "facts-vlib.def"
#include "facts-node.def"
#include "facts-vnet.def"
#include "facts-fib.def"
#include "facts-dpo.def"
#undef T
#undef F
#undef O
#undef E
#undef C
#undef B
}

/* The section's name, out of what VLIB_PLUGIN_REGISTER () expands to. */
#define EXPANSION_(...) #__VA_ARGS__
#define EXPANSION(...)	EXPANSION_ (__VA_ARGS__)

static int
print_section (void)
{
  const char *text = EXPANSION (VLIB_PLUGIN_REGISTER ());
  const char *start = strstr (text, "\".");
  const char *end = start ? strchr (start + 1, '"') : 0;
  if (!end)
    return 0;
  printf ("#define VPP_PLUGIN_REGISTRATION_SECTION %.*s\n", (int) (end - start + 1), start);
  return 1;
}

#define SIZE(macro, t)	   printf ("#define VPP_%s %zu\n", macro, sizeof (t))
#define OFFSET(macro, t, f) printf ("#define VPP_%s %zu\n", macro, offsetof (t, f))

static void
print_plugin_registration (void)
{
  vlib_plugin_registration_t disabled = { .default_disabled = 1 }, deep = { .deep_bind = 1 };

  printf ("\n/* vlib_plugin_registration_t, the object in the plugin's section: size, alignment, offsets, bits of the first byte */\n");
  SIZE ("PLUGIN_REGISTRATION_SIZE", vlib_plugin_registration_t);
  printf ("#define VPP_PLUGIN_REGISTRATION_ALIGNMENT %zu\n", _Alignof (vlib_plugin_registration_t));
  OFFSET ("PLUGIN_REGISTRATION_VERSION", vlib_plugin_registration_t, version);
  OFFSET ("PLUGIN_REGISTRATION_VERSION_REQUIRED", vlib_plugin_registration_t, version_required);
  OFFSET ("PLUGIN_REGISTRATION_OVERRIDES", vlib_plugin_registration_t, overrides);
  OFFSET ("PLUGIN_REGISTRATION_EARLY_INIT", vlib_plugin_registration_t, early_init);
  OFFSET ("PLUGIN_REGISTRATION_DESCRIPTION", vlib_plugin_registration_t, description);
  OFFSET ("PLUGIN_REGISTRATION_LOAD_AFTER", vlib_plugin_registration_t, load_after);
  printf ("#define VPP_PLUGIN_REGISTRATION_DEFAULT_DISABLED 0x%02x\n", *(unsigned char *) &disabled);
  printf ("#define VPP_PLUGIN_REGISTRATION_DEEP_BIND 0x%02x\n", *(unsigned char *) &deep);
}

static void
print_lists (void)
{
  printf ("\n/* _vlib_init_function_list_elt_t, an element of the lists of init functions */\n");
  SIZE ("INIT_FUNCTION_SIZE", _vlib_init_function_list_elt_t);
  OFFSET ("INIT_FUNCTION_NEXT", _vlib_init_function_list_elt_t, next_init_function);
  OFFSET ("INIT_FUNCTION_F", _vlib_init_function_list_elt_t, f);
  OFFSET ("INIT_FUNCTION_NAME", _vlib_init_function_list_elt_t, name);
  OFFSET ("INIT_FUNCTION_RUNS_BEFORE", _vlib_init_function_list_elt_t, runs_before);
  OFFSET ("INIT_FUNCTION_RUNS_AFTER", _vlib_init_function_list_elt_t, runs_after);
  OFFSET ("INIT_FUNCTION_INIT_ORDER", _vlib_init_function_list_elt_t, init_order);

  printf ("\n/* vlib_global_main_t: the heads of those lists, and the vector of the threads' mains */\n");
  SIZE ("GLOBAL_MAIN_SIZE", vlib_global_main_t);
  OFFSET ("GLOBAL_MAIN_VLIB_MAINS", vlib_global_main_t, vlib_mains);
  OFFSET ("GLOBAL_MAIN_INIT_FUNCTIONS", vlib_global_main_t, init_function_registrations);
  OFFSET ("GLOBAL_MAIN_MAIN_LOOP_ENTER_FUNCTIONS", vlib_global_main_t, main_loop_enter_function_registrations);
  OFFSET ("GLOBAL_MAIN_MAIN_LOOP_EXIT_FUNCTIONS", vlib_global_main_t, main_loop_exit_function_registrations);
  OFFSET ("GLOBAL_MAIN_WORKER_INIT_FUNCTIONS", vlib_global_main_t, worker_init_function_registrations);
  OFFSET ("GLOBAL_MAIN_API_INIT_FUNCTIONS", vlib_global_main_t, api_init_function_registrations);

  printf ("\n/* vnet_feature_main_t: the heads of the lists that VNET_FEATURE_ARC_INIT and VNET_FEATURE_INIT extend */\n");
  SIZE ("FEATURE_MAIN_SIZE", vnet_feature_main_t);
  OFFSET ("FEATURE_MAIN_NEXT_ARC", vnet_feature_main_t, next_arc);
  OFFSET ("FEATURE_MAIN_NEXT_FEATURE", vnet_feature_main_t, next_feature);
}

static int
print_header (const char *version)
{
  printf ("/* SPDX-License-Identifier: Apache-2.0 */\n\n"
	  "/* Layout of VPP %s, x86_64, for the plugin's C file, which is built without VPP's headers.\n"
	  "   Made by interop/generation/generate.sh, never edited. */\n\n"
	  "#ifndef KP_VPP_LAYOUT_H\n#define KP_VPP_LAYOUT_H\n\n",
	  version);
  printf ("#define VPP_VERSION \"%s\"\n", version);
  if (!print_section ())
    return 0;
  print_plugin_registration ();
  print_lists ();

  printf ("\n/* vlib_log_level_t */\n");
  printf ("#define VPP_LOG_LEVEL_ERR %d\n", VLIB_LOG_LEVEL_ERR);
  printf ("#define VPP_LOG_LEVEL_WARNING %d\n", VLIB_LOG_LEVEL_WARNING);
  printf ("#define VPP_LOG_LEVEL_NOTICE %d\n", VLIB_LOG_LEVEL_NOTICE);
  printf ("#define VPP_LOG_LEVEL_INFO %d\n", VLIB_LOG_LEVEL_INFO);
  printf ("\n#endif\n");
  return 1;
}

int
main (int argc, char **argv)
{
  char version[sizeof (VPP_BUILD_VER)];
  size_t length = strspn (VPP_BUILD_VER, "0123456789.");
  memcpy (version, VPP_BUILD_VER, length);
  version[length] = 0;

  if (argc == 2 && !strcmp (argv[1], "facts"))
    print_facts (version);
  else if (argc == 2 && !strcmp (argv[1], "header"))
    return print_header (version) ? 0 : 1;
  else if (argc == 2 && !strcmp (argv[1], "version"))
    puts (version);
  else
    return 2;
  return 0;
}
