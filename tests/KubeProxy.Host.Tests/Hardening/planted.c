/* A library as the plugin's is to be, or, by definition, with one thing wrong: see HardeningTests.cs. */

#ifndef NO_SECTION
__attribute__ ((section (".vlib_plugin_registration")))
#endif
__attribute__ ((visibility ("default"))) int vlib_plugin_registration = 1;

__attribute__ ((visibility ("default"))) int DotNetRuntimeDebugHeader = 1;

#ifdef MORE_EXPORTS
__attribute__ ((visibility ("default"))) int kp_glue_that_nobody_should_see = 1;
#endif

#ifdef TEXT_RELOCATION
__asm__ (".text\n.quad vlib_plugin_registration\n");
#endif

#ifdef WRITABLE_CODE
__asm__ (".section .writable_code,\"awx\",@progbits\n.quad 1\n.text\n");
#endif
