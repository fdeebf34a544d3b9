/* SPDX-License-Identifier: Apache-2.0 */

/* Layout of VPP 26.06, x86_64, for the plugin's C file, which is built without VPP's headers.
   Made by interop/generation/generate.sh, never edited. */

#ifndef KP_VPP_LAYOUT_H
#define KP_VPP_LAYOUT_H

#define VPP_VERSION "26.06"
#define VPP_PLUGIN_REGISTRATION_SECTION ".vlib_plugin_registration"

/* vlib_plugin_registration_t, the object in the plugin's section: size, alignment, offsets, bits of the first byte */
#define VPP_PLUGIN_REGISTRATION_SIZE 448
#define VPP_PLUGIN_REGISTRATION_ALIGNMENT 64
#define VPP_PLUGIN_REGISTRATION_VERSION 1
#define VPP_PLUGIN_REGISTRATION_VERSION_REQUIRED 65
#define VPP_PLUGIN_REGISTRATION_OVERRIDES 129
#define VPP_PLUGIN_REGISTRATION_EARLY_INIT 392
#define VPP_PLUGIN_REGISTRATION_DESCRIPTION 400
#define VPP_PLUGIN_REGISTRATION_LOAD_AFTER 408
#define VPP_PLUGIN_REGISTRATION_DEFAULT_DISABLED 0x01
#define VPP_PLUGIN_REGISTRATION_DEEP_BIND 0x02

/* _vlib_init_function_list_elt_t, an element of the lists of init functions */
#define VPP_INIT_FUNCTION_SIZE 48
#define VPP_INIT_FUNCTION_NEXT 0
#define VPP_INIT_FUNCTION_F 8
#define VPP_INIT_FUNCTION_NAME 16
#define VPP_INIT_FUNCTION_RUNS_BEFORE 24
#define VPP_INIT_FUNCTION_RUNS_AFTER 32
#define VPP_INIT_FUNCTION_INIT_ORDER 40

/* vlib_global_main_t: the heads of those lists, and the vector of the threads' mains */
#define VPP_GLOBAL_MAIN_SIZE 256
#define VPP_GLOBAL_MAIN_VLIB_MAINS 0
#define VPP_GLOBAL_MAIN_INIT_FUNCTIONS 152
#define VPP_GLOBAL_MAIN_MAIN_LOOP_ENTER_FUNCTIONS 160
#define VPP_GLOBAL_MAIN_MAIN_LOOP_EXIT_FUNCTIONS 168
#define VPP_GLOBAL_MAIN_WORKER_INIT_FUNCTIONS 176
#define VPP_GLOBAL_MAIN_API_INIT_FUNCTIONS 192

/* vnet_feature_main_t: the heads of the lists that VNET_FEATURE_ARC_INIT and VNET_FEATURE_INIT extend */
#define VPP_FEATURE_MAIN_SIZE 120
#define VPP_FEATURE_MAIN_NEXT_ARC 0
#define VPP_FEATURE_MAIN_NEXT_FEATURE 16

/* vlib_log_level_t */
#define VPP_LOG_LEVEL_ERR 4
#define VPP_LOG_LEVEL_WARNING 5
#define VPP_LOG_LEVEL_NOTICE 6
#define VPP_LOG_LEVEL_INFO 7

#endif
