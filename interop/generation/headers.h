/* SPDX-License-Identifier: Apache-2.0 */

/* Shared by vpp.h (bindings) and probe.c (layout facts). */

#include <vlib/vlib.h>
#include <vlib/unix/plugin.h>
#include <vlib/log.h>
#include <vlib/threads.h>
#include <vnet/vnet.h>
#include <vnet/buffer.h>
#include <vnet/config.h>
#include <vnet/feature/feature.h>
#include <vnet/ip/ip.h>
#include <vnet/dpo/dpo.h>
#include <vnet/dpo/load_balance.h>
#include <vnet/fib/fib_types.h>
#include <vnet/fib/fib_node.h>
#include <vnet/fib/fib_entry.h>
#include <vnet/fib/fib_entry_track.h>
#include <vnet/fib/fib_source.h>
#include <vnet/fib/fib_table.h>
#include <vnet/adj/adj.h>
