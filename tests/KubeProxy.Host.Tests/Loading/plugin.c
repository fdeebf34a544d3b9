/* A plugin without .NET and without VPP's headers, for the tests of the host's loader.
   REQUIRED: the version it asks for. INIT: what its init function does. */
#include <stddef.h>
#include <string.h>

struct registration
{
  unsigned char flags;
  char version[64], version_required[64], overrides[256];
  const char *early_init, *description;
  char *load_after;
} __attribute__ ((aligned (64)));

struct init_element
{
  struct init_element *next;
  void *(*function) (void *vm);
  char *name;
  char **runs_before, **runs_after, **init_order;
};

#ifdef REQUIRED
__attribute__ ((visibility ("default"))) struct registration vlib_plugin_registration = {
  .version = "1.2.3", .version_required = REQUIRED, .description = "a test plugin"
};
#endif

extern char vlib_global_main[];
extern void *_clib_error_return (void *errors, long code, unsigned long flags, const char *where, const char *fmt, ...);

#ifdef IMPORT
extern void vlib_no_such_function (void);
void *kp_import = vlib_no_such_function;
#endif

static void *
start (void *vm)
{
  (void) vm;
  return INIT;
}

static struct init_element element = { 0, start, "test_init", 0, 0, 0 };

__attribute__ ((constructor)) static void
link_init_function (void)
{
  struct init_element **head = (struct init_element **) (vlib_global_main + 152);
  element.next = *head;
  *head = &element;
}
