/* SPDX-License-Identifier: Apache-2.0 */

/* The VPP headers that the bindings are generated from, in an order that compiles.
   C# has neither zero-length members nor over-alignment, and the generator lays both out wrongly, so
   the alignment marks are left out here; layout.rsp gives the structs their true size again, and
   KubeProxy.Interop.Tests compares every offset with what a C compiler says (probe.c). */

#include <vppinfra/clib.h>
#include <vppinfra/cache.h>

#undef CLIB_ALIGN_MARK
#define CLIB_ALIGN_MARK(name, alignment)
#undef CLIB_CACHE_LINE_ALIGN_MARK
#define CLIB_CACHE_LINE_ALIGN_MARK(mark)
#undef STRUCT_MARK
#define STRUCT_MARK(mark)
#undef STATIC_ASSERT
#define STATIC_ASSERT(truth, ...) _Static_assert (1, "")
#undef STATIC_ASSERT_SIZEOF
#define STATIC_ASSERT_SIZEOF(d, s) _Static_assert (1, "")

#include "headers.h"
